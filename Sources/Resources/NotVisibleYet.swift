// SPDX-License-Identifier: Apache-2.0

internal import Core

extension CallError {
  /// The same as `.notFound` where a service calls wrong what it may only not see yet.
  ///
  /// EC2, IAM and KMS are eventually consistent: another service reports a subnet, a group, a role or a key that was made a
  /// moment ago as a wrong parameter. The engine tries again what is not found for two minutes, which is longer than any of
  /// them takes, and not for the kind's whole patience: what is really wrong gives the same messages.
  var orNotVisibleYet: CallError {
    guard namesWhatMayBeNew else { return self }
    var error = self
    error.category = .notFound
    return error
  }

  private var namesWhatMayBeNew: Bool {
    let words = message.lowercased()
    // Any service, of a role or of a function's permission.
    if words.contains("cannot be assumed") || words.contains("cannot invoke the specified lambda") { return true }
    switch code {
    case "InvalidSubnet", "DBSubnetGroupDoesNotCoverEnoughAZs": return true
    case let code where code.hasPrefix("KMSKeyNotAccessible"): return true
    // Secrets Manager, of a key.
    case "EncryptionFailure": return true
    // CloudWatch Logs.
    case "InvalidParameterException": return words.contains("kms")
    // SNS, whose policies say `Policy Error: PrincipalNotFound`; EC2, of the role that a flow log is written with.
    case "InvalidParameter":
      return ["kms", "principalnotfound", "feedbackrolearn", "assume given iam role"].contains { words.contains($0) }
    // SQS, which says no more of a policy than that it is wrong.
    case "InvalidAttributeValue": return words.contains("kmsmasterkeyid") || words.contains("parameter policy")
    case let code where code.hasPrefix("InvalidParameterValue"):
      let ours = ["enhanced_monitoring", "invalid security group", "dead letter target does not exist"]
      return ours.contains { words.contains($0) } || isLambdas(words)
    // IAM and KMS say `MalformedPolicyDocument`, S3 only `MalformedPolicy`.
    case let code where code.hasPrefix("MalformedPolicy"): return words.contains("principal")
    // CloudWatch, of the alarms that a composite alarm names.
    case "ValidationError": return words.contains("alarm") && words.contains("not exist")
    // EventBridge, its Scheduler and FIS, of a role.
    case "ValidationException":
      return words.contains("cannot be assumed by principal") || words.contains("to assume the role")
        || words.contains("unable to assume role")
    default: return false
    }
  }

  /// Lambda, of a role, of what a role may do, of a key, of a place in the network.
  private func isLambdas(_ words: String) -> Bool {
    [
      "cannot be assumed by lambda", "execution role does not have permissions", "invalid for creategrant",
      "invalidsubnetid.notfound", "invalidgroup.notfound",
    ].contains { words.contains($0) }
  }
}

/// Carries out `call` so that what it names and AWS cannot see yet is tried again; see `orNotVisibleYet`.
func awaitingVisibility<T>(_ call: () async throws(CallError) -> T) async throws(CallError) -> T {
  do {
    return try await call()
  } catch {
    throw error.orNotVisibleYet
  }
}
