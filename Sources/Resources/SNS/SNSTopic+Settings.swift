// SPDX-License-Identifier: Apache-2.0

package import Core
package import ResourceKit

// SNS keeps all that a topic is in one map of texts; here is which member holds what.

extension SNSTopic {
  /// How deliveries over one protocol are logged.
  package struct DeliveryLog: AttributeValue {
    /// The role with which SNS writes the log: its ARN.
    package var role: Input<String>
    /// Percent of the successful deliveries that are logged, 0 to 100; failed ones are logged all.
    package var successes: Int

    package init(role: Input<String>, successes: Int = 0) {
      self.role = role
      self.successes = successes
    }

    package var value: Value { .map(["role": role.value, "successes": successes.value]) }

    package init?(_ value: Value) {
      guard case .map(let members) = value, let role = members["role"].flatMap({ Input<String>($0) }),
        let successes = members["successes"].flatMap({ Int($0) })
      else { return nil }
      self.init(role: role, successes: successes)
    }
  }

  /// What is set by attributes.
  enum Settings: CaseIterable {
    case displayName, policy, key, deliveryPolicy, signatureVersion, tracing, deliveryLogs

    var path: any PartialKeyPath<Desired> & Sendable {
      switch self {
      case .displayName: \.displayName
      case .policy: \.policy
      case .key: \.key
      case .deliveryPolicy: \.deliveryPolicy
      case .signatureVersion: \.signatureVersion
      case .tracing: \.tracing
      case .deliveryLogs: \.deliveryLogs
      }
    }

    /// SNS's names and values; an empty value takes away what is set.
    func values(of desired: Desired) throws(CallError) -> [String: String] {
      switch self {
      case .displayName: ["DisplayName": desired.displayName]
      case .policy: ["Policy": desired.policy]
      case .key: ["KmsMasterKeyId": try desired.key?.now() ?? ""]
      case .deliveryPolicy: ["DeliveryPolicy": desired.deliveryPolicy ?? ""]
      case .signatureVersion: ["SignatureVersion": desired.signatureVersion]
      case .tracing: ["TracingConfig": desired.tracing]
      case .deliveryLogs: try Self.sent(desired.deliveryLogs)
      }
    }

    /// All that these settings send.
    static func values(_ settings: some Sequence<Self>, of desired: Desired) throws(CallError) -> [String: String] {
      var values: [String: String] = [:]
      for setting in settings { values.merge(try setting.values(of: desired)) { _, new in new } }
      return values
    }

    private static func sent(_ logs: [String: DeliveryLog]) throws(CallError) -> [String: String] {
      for log in logs.values { _ = try log.role.now() }
      return values(of: logs)
    }

    static func values(of logs: [String: DeliveryLog]) -> [String: String] {
      logs.reduce(into: [:]) { values, log in
        guard let role = log.value.role.known else { return }
        values[log.key + failureRole] = role
        values[log.key + successRole] = role
        values[log.key + successRate] = String(log.value.successes)
      }
    }

    fileprivate static let protocols = ["Application", "Firehose", "HTTP", "Lambda", "SQS"]
    fileprivate static let failureRole = "FailureFeedbackRoleArn"
    fileprivate static let successRole = "SuccessFeedbackRoleArn"
    fileprivate static let successRate = "SuccessFeedbackSampleRate"
  }
}

extension SNSTopic.Observed {
  init(_ arn: String, _ attributes: [String: String], _ tags: [String: String]) {
    func given(_ name: String) -> String? { attributes[name].flatMap { $0.isEmpty ? nil : $0 } }
    self.init(
      name: arn.split(separator: ":").last.map(String.init) ?? arn, arn: arn,
      displayName: attributes["DisplayName"] ?? "", policy: attributes["Policy"] ?? "", key: given("KmsMasterKeyId"),
      deliveryPolicy: given("DeliveryPolicy"),
      // "If the API response does not include the attribute, the version is 1."
      signatureVersion: given("SignatureVersion") ?? "1", tracing: given("TracingConfig") ?? "PassThrough",
      deliveryLogs: Self.deliveryLogs(attributes), tags: tags)
  }

  private static func deliveryLogs(_ attributes: [String: String]) -> [String: SNSTopic.DeliveryLog] {
    SNSTopic.Settings.protocols.reduce(into: [:]) { logs, name in
      let roles = [SNSTopic.Settings.failureRole, SNSTopic.Settings.successRole]
        .map { attributes[name + $0] ?? "" }
      guard roles.contains(where: { !$0.isEmpty }) else { return }
      // Two roles where one is wanted show as what no spec can ask for.
      let role = roles[0] == roles[1] ? roles[0] : roles.joined(separator: ", ")
      let rate = attributes[name + SNSTopic.Settings.successRate].flatMap { Int($0) } ?? 0
      logs[name] = SNSTopic.DeliveryLog(role: .given(role), successes: rate)
    }
  }
}
