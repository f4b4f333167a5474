// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import Resources

@Suite("What a service may only not see yet")
struct NotVisibleYetTests {
  @Test(
    "is sought again for a while, and not for a kind's whole patience",
    arguments: [
      ("InvalidSubnet", "Some input subnets in :[subnet-1] are invalid."),
      ("DBSubnetGroupDoesNotCoverEnoughAZs", "The DB subnet group doesn't meet AZ coverage requirement."),
      ("InvalidParameterValue", "Invalid security group , groupId= sg-1, groupName=."),
      (
        "InvalidParameterValue",
        "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING"
      ),
      (
        "KMSKeyNotAccessibleFault",
        "The specified KMS key does not exist, is not enabled or you do not have permissions."
      ),
      ("InvalidParameterException", "The specified KMS key does not exist or is not allowed to be used"),
      ("MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals."),
      (
        "ValidationException",
        "Provided role 'arn:aws:iam::111122223333:role/r' cannot be assumed by principal 'events.amazonaws.com'."
      ),
      (
        "ValidationException",
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
      ),
      ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
      (
        "InvalidParameterValueException",
        "The provided execution role does not have permissions to call CreateNetworkInterface on EC2"
      ),
      (
        "InvalidParameterValueException",
        "Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant."
      ),
      ("EncryptionFailure", "Secrets Manager can't encrypt the protected secret text using the provided KMS key."),
      ("ValidationException", "Unable to assume role arn:aws:iam::111122223333:role/faults."),
      ("InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound"),
      ("InvalidAttributeValue", "Invalid value for the parameter Policy."),
      (
        "InvalidParameterValue",
        "Value {...} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist."
      ),
      ("InvalidParameter", "Unable to assume given IAM role"),
    ])
  func passing(code: String, message: String) {
    let error = CallError(.invalid, code: code, message: message).orNotVisibleYet
    #expect(error.category == .notFound)
    #expect(error.code == code && error.message == message)
  }

  @Test(
    "is not confused with what is wrong",
    arguments: [
      ("InvalidParameterValue", "The backup window and maintenance window must not overlap."),
      ("InvalidParameterException", "1 validation error detected"),
      ("MalformedPolicyDocumentException", "Syntax errors in policy."),
      ("ValidationException", "Parameter ScheduleExpression is not valid."),
      ("ValidationException", "The target 'writer' is not used by any action."),
      ("InvalidParameter", "Invalid parameter: Attributes Reason: Topic already exists with different attributes"),
      ("InvalidAttributeValue", "Invalid value for the parameter VisibilityTimeout."),
      ("InvalidVPCNetworkStateFault", "The DB instance and EC2 security group are in different VPCs."),
    ])
  func wrong(code: String, message: String) {
    #expect(CallError(.invalid, code: code, message: message).orNotVisibleYet.category == .invalid)
  }
}
