// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

// The functions that the samples of their parts stand on.

extension Stage {
  /// What functions may do.
  func functionRole(_ name: String = "function") -> Node<IAMRole> {
    let trust = """
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
      """
    let policy = """
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage",
         "sqs:GetQueueAttributes", "sns:Publish"], "Resource": "*"}]}
      """
    return Node(
      name,
      .init(
        name: "\(stack)-\(name)", path: "/harecon/\(stack)/", description: "a function of a sample", trust: trust,
        inlinePolicies: ["work": policy],
        attachedPolicies: ["arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"],
        tags: tags(IAMRole.name, name)))
  }

  func functionLog(_ name: String) -> Node<LogGroup> {
    Node(
      name,
      .init(
        name: "/harecon/\(stack)/\(name)", retention: 14, key: nil, tags: tags(LogGroup.name, name)))
  }

  /// A function outside the network.
  func lambda(_ name: String) -> Node<LambdaFunction> {
    Node(
      name,
      .init(
        name: "\(stack)-\(name)", description: "the \(name) of a sample", code: .emptyArchive,
        handler: "\(name).handler.handle", role: functionRole().output(\.arn),
        logGroup: functionLog(name).output(\.name),
        tags: tags(LambdaFunction.name, name)))
  }

  /// The function with what it stands on.
  func functions(_ names: String...) -> [DesiredResource] {
    [functionRole().resource()] + names.flatMap { [functionLog($0).resource(), lambda($0).resource()] }
  }
}

extension FunctionCode {
  /// A zip file without entries: its directory's end alone.
  static let emptyArchive = FunctionCode(zip: [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18))
  /// The same with a comment of one character.
  static let otherArchive = FunctionCode(
    zip: [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 16) + [1, 0, UInt8(ascii: "x")])
}
