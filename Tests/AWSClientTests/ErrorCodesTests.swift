// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Testing

@testable import AWSClient

@Suite("Error codes")
struct ErrorCodesTests {
  private func category(
    _ code: String, _ status: Int = 400, of service: String = "rds", isRepeatable: Bool = false,
    isUnreadable: Bool = false
  ) -> CallError.Category {
    ErrorCodes.category(
      ServiceError(code: code, message: "", status: status, isUnreadable: isUnreadable), of: service,
      isRepeatable: isRepeatable)
  }

  private static func models() throws -> [(service: String, code: String, status: Int)] {
    let services = [
      "rds", "kms", "iam", "route53", "logs", "sts", "resourcegroupstaggingapi", "secretsmanager", "backup", "sns",
      "sqs",
    ]
    let errors = try JSON(parsing: Array(FixturePython.output("error_codes.py", services))).array ?? []
    return try errors.map { error in
      (
        try #require(error["service"]?.string), try #require(error["code"]?.string),
        try #require(error["status"]?.int)
      )
    }
  }

  @Test("every code of the models whose name says what it means is sorted by that")
  func modelledNames() throws {
    let models = try Self.models()
    #expect(models.count > 200)
    var wrong: [String] = []
    // Its name speaks of a state and it means the subnets of a group, which no waiting changes.
    for (service, code, status) in models where code != "InvalidVPCNetworkStateFault" {
      let found = category(code, status, of: service)
      var name = code
      for suffix in ["Exception", "Fault"] where name.hasSuffix(suffix) { name.removeLast(suffix.count) }
      let expected: CallError.Category?
      if name.hasPrefix("NoSuch") || name.hasSuffix("NotFound") {
        expected = .notFound
      } else if name.hasSuffix("AlreadyExists") || name.hasSuffix("AlreadyExist") {
        expected = .alreadyExists
      } else if name.hasPrefix("Throttl") {
        expected = .throttled
      } else if name.hasPrefix("Invalid") && name.hasSuffix("State") {
        expected = .conflict
      } else if name.contains("Quota") || name.hasPrefix("TooMany") || name.contains("LimitExceeded")
        || name.hasPrefix("Malformed")
      {
        expected = .invalid
      } else {
        expected = nil
      }
      if let expected, found != expected { wrong.append("\(service) \(code) \(status): \(found)") }
    }
    #expect(wrong == [])
  }

  @Test("no modelled error of a client's making is repeated, but for the few that AWS says to repeat")
  func modelledRepeats() throws {
    let repeated = try Self.models().filter { service, code, status in
      let found = category(code, status, of: service)
      return status < 500 && (found == .throttled || found == .unavailable)
    }.map { "\($0.service) \($0.code)" }
    #expect(
      Set(repeated) == [
        "rds InsufficientDBClusterCapacityFault", "rds InsufficientDBInstanceCapacity",
        "rds InsufficientStorageClusterCapacity", "route53 PriorRequestNotComplete", "route53 ThrottlingException",
        "logs ThrottlingException", "sts IDPCommunicationError", "resourcegroupstaggingapi ThrottledException",
        "sns Throttled", "sqs KmsThrottled", "sqs RequestThrottled",
      ])
  }

  @Test(
    "codes that no model lists",
    arguments: [
      ("ec2", "InvalidVpcID.NotFound", CallError.Category.notFound), ("ec2", "InvalidGroup.NotFound", .notFound),
      ("ec2", "InvalidVpcEndpointId.NotFound", .notFound), ("ec2", "InvalidGroup.Duplicate", .alreadyExists),
      ("ec2", "InvalidPermission.Duplicate", .alreadyExists), ("ec2", "InvalidSubnet.Conflict", .alreadyExists),
      ("ec2", "Resource.AlreadyAssociated", .alreadyExists), ("ec2", "DependencyViolation", .conflict),
      ("ec2", "IncorrectState", .conflict), ("ec2", "InvalidGroup.InUse", .conflict),
      ("ec2", "UnauthorizedOperation", .denied), ("ec2", "VpcLimitExceeded", .invalid),
      ("ec2", "InvalidParameterValue", .invalid), ("ec2", "AuthFailure", .denied),
      ("iam", "AccessDenied", .denied), ("rds", "ValidationError", .invalid), ("route53", "InvalidInput", .invalid),
      ("route53", "HostedZoneNotEmpty", .conflict), ("kms", "AccessDeniedException", .denied),
      ("rds", "SomethingNew", .invalid), ("iam", "DeleteConflict", .conflict), ("ec2", "OptInRequired", .denied),
      ("sqs", "AWS.SimpleQueueService.NonExistentQueue", .notFound), ("sqs", "QueueAlreadyExists", .alreadyExists),
      ("sqs", "AWS.SimpleQueueService.QueueDeletedRecently", .conflict), ("sns", "InvalidParameter", .invalid),
      ("sns", "StaleTag", .conflict), ("sns", "AuthorizationError", .denied),
    ])
  func unmodelled(service: String, code: String, expected: CallError.Category) {
    #expect(category(code, of: service) == expected)
  }

  @Test(
    "throttling comes in many words",
    arguments: [
      ("Throttling", 400), ("ThrottlingException", 400), ("ThrottledException", 400), ("RequestLimitExceeded", 503),
      ("TooManyRequestsException", 429), ("SlowDown", 503), ("RequestThrottled", 400), ("Anything", 429),
    ])
  func throttling(code: String, status: Int) {
    #expect(category(code, status) == .throttled)
  }

  @Test("a server that refuses before it begins may be asked again; one that breaks down may have done it")
  func serverErrors() {
    #expect(category("ServiceUnavailable", 503) == .unavailable)
    #expect(category("Unavailable", 503, of: "ec2") == .unavailable)
    for code in ["InternalFailure", "InternalError", "ServiceFailure", "KMSInternalException", "SomethingNew"] {
      #expect(category(code, 500) == .ambiguous)
      #expect(category(code, 500, of: "ec2", isRepeatable: true) == .unavailable)
    }
    #expect(category("BadGateway", 502) == .ambiguous)
  }

  @Test("an answer that cannot be read says nothing about the change")
  func unreadable() {
    #expect(category("UnreadableAnswer", 200, isUnreadable: true) == .ambiguous)
    #expect(category("UnreadableAnswer", 200, isRepeatable: true, isUnreadable: true) == .unavailable)
  }

  @Test(
    "a code that nobody knows goes by its status",
    arguments: [(400, CallError.Category.invalid), (401, .denied), (403, .denied), (404, .notFound), (409, .conflict)])
  func byStatus(status: Int, expected: CallError.Category) {
    #expect(category("SomethingNew", status) == expected)
  }
}
