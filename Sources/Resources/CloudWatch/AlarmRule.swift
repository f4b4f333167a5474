// SPDX-License-Identifier: Apache-2.0

package import Core
package import ResourceKit

/// When a composite alarm is in `ALARM`: a combination of the states of other alarms.
///
/// Two rules that CloudWatch cannot tell apart are equal: the order of parts, parentheses, names or ARNs say nothing.
package indirect enum AlarmRule: Sendable, Hashable {
  package enum State: String, Sendable, Hashable, CaseIterable {
    case alarm = "ALARM"
    case ok = "OK"
    case insufficientData = "INSUFFICIENT_DATA"
  }

  case constant(Bool)
  /// The alarm of that name is in that state.
  case `is`(State, Input<String>)
  case not(AlarmRule)
  case all([AlarmRule])
  case any([AlarmRule])
  /// So many of the alarms are in that state.
  case atLeast(Int, State, [Input<String>])
  /// A live rule that is beyond us, as CloudWatch tells it.
  case verbatim(String)

  package static func alarm(_ name: Input<String>) -> Self { .is(.alarm, name) }
}

// MARK: Canonical form

extension AlarmRule {
  /// Junctions flat, sorted and without repetition, no double negation.
  var canonical: AlarmRule {
    switch self {
    case .constant, .is, .verbatim: return self
    case .not(let rule):
      if case .not(let inner) = rule.canonical { return inner }
      return .not(rule.canonical)
    case .all(let rules):
      let parts = Self.parts(rules) { if case .all(let inner) = $0 { inner } else { nil } }
      return parts.count == 1 ? parts[0] : .all(parts)
    case .any(let rules):
      let parts = Self.parts(rules) { if case .any(let inner) = $0 { inner } else { nil } }
      return parts.count == 1 ? parts[0] : .any(parts)
    case .atLeast(let count, let state, let alarms):
      return .atLeast(count, state, Set(alarms).sorted { Self.text(of: $0) < Self.text(of: $1) })
    }
  }

  private static func parts(_ rules: [AlarmRule], _ opened: (AlarmRule) -> [AlarmRule]?) -> [AlarmRule] {
    let flat = rules.map(\.canonical).flatMap { opened($0) ?? [$0] }
    return Set(flat).sorted { $0.text < $1.text }
  }

  /// As CloudWatch takes it; what is not known yet stands in it by the name of its reference.
  var text: String {
    switch self {
    case .constant(let truth): truth ? "TRUE" : "FALSE"
    case .is(let state, let alarm): "\(state.rawValue)(\(Self.text(of: alarm)))"
    case .not(let rule): "NOT \(rule.operand)"
    case .all(let rules): rules.isEmpty ? "TRUE" : rules.map(\.operand).joined(separator: " AND ")
    case .any(let rules): rules.isEmpty ? "FALSE" : rules.map(\.operand).joined(separator: " OR ")
    case .atLeast(let count, let state, let alarms):
      "AT_LEAST(\(count), \(state.rawValue), (\(alarms.map(Self.text(of:)).joined(separator: ", "))))"
    case .verbatim(let text): text
    }
  }

  /// With parentheses around what would otherwise mix with its neighbours.
  private var operand: String {
    switch self {
    case .all(let rules) where rules.count > 1, .any(let rules) where rules.count > 1: "(\(text))"
    case .constant, .is, .not, .all, .any, .atLeast, .verbatim: text
    }
  }

  private static func text(of alarm: Input<String>) -> String {
    switch alarm {
    case .given(let name):
      "\"\(name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    case .output(let id): id.description
    }
  }

  /// The text at the time of a call; see `Input.now()`.
  func now() throws(CallError) -> String {
    if let unknown = alarms.first(where: { $0.known == nil }) { _ = try unknown.now() }
    return canonical.text
  }

  private var alarms: [Input<String>] {
    switch self {
    case .constant, .verbatim: []
    case .is(_, let alarm): [alarm]
    case .not(let rule): rule.alarms
    case .all(let rules), .any(let rules): rules.flatMap(\.alarms)
    case .atLeast(_, _, let alarms): alarms
    }
  }
}

// MARK: As a value

/// Its text, or a tree as long as the name of an alarm in it is unknown.
extension AlarmRule: AttributeValue {
  package var value: Value {
    alarms.allSatisfy { $0.known != nil } ? .string(canonical.text) : tree
  }

  private var tree: Value {
    switch self {
    case .constant(let truth): .bool(truth)
    case .is(let state, let alarm): .map(["is": .string(state.rawValue), "alarm": alarm.value])
    case .not(let rule): .map(["not": rule.tree])
    case .all(let rules): .map(["all": .list(rules.map(\.tree))])
    case .any(let rules): .map(["any": .list(rules.map(\.tree))])
    case .atLeast(let count, let state, let alarms):
      .map(["atLeast": .int(count), "state": .string(state.rawValue), "alarms": alarms.value])
    case .verbatim(let text): .map(["verbatim": .string(text)])
    }
  }

  package init?(_ value: Value) {
    switch value {
    case .bool(let truth): self = .constant(truth)
    case .string(let text): self.init(text: text)
    case .map(let members):
      guard let rule = Self(members) else { return nil }
      self = rule
    case .null, .int, .double, .list, .unknown, .sealed: return nil
    }
  }

  private init?(_ members: [String: Value]) {
    if let state = members["is"].flatMap(Self.state), let alarm = members["alarm"].flatMap(Input<String>.init(_:)) {
      self = .is(state, alarm)
    } else if let rule = members["not"].flatMap(AlarmRule.init(_:)) {
      self = .not(rule)
    } else if let rules = members["all"].flatMap([AlarmRule].init(_:)) {
      self = .all(rules)
    } else if let rules = members["any"].flatMap([AlarmRule].init(_:)) {
      self = .any(rules)
    } else if let count = members["atLeast"].flatMap(Int.init(_:)), let state = members["state"].flatMap(Self.state),
      let alarms = members["alarms"].flatMap([Input<String>].init(_:))
    {
      self = .atLeast(count, state, alarms)
    } else if let text = members["verbatim"].flatMap(String.init(_:)) {
      self = .verbatim(text)
    } else {
      return nil
    }
  }

  private static func state(_ value: Value) -> State? { String(value).flatMap(State.init(rawValue:)) }
}
