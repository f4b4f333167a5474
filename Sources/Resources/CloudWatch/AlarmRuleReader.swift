// SPDX-License-Identifier: Apache-2.0

internal import ResourceKit

extension AlarmRule {
  /// A rule as CloudWatch tells it.
  ///
  /// AND and OR side by side without parentheses are left as they are: which of them binds closer is documented
  /// nowhere, and a guess could take another rule for ours. The same holds for whatever else cannot be read.
  package init(text: String) {
    var reader = AlarmRuleReader(text)
    self = reader.whole()?.canonical ?? .verbatim(text)
  }
}

/// Reads `ALARM("a") AND NOT (OK(b) OR TRUE)`; every step answers nil at what it does not know.
private struct AlarmRuleReader {
  private enum Token: Hashable {
    case word(String)
    case quoted(String)
    case open
    case close
    case comma
  }

  private var tokens: ArraySlice<Token>

  init(_ text: String) {
    tokens = Self.tokens(text)[...]
  }

  mutating func whole() -> AlarmRule? {
    guard let rule = junction(), tokens.isEmpty else { return nil }
    return rule
  }

  private mutating func junction() -> AlarmRule? {
    guard let first = operand() else { return nil }
    var rules = [first]
    guard case .word(let joint)? = tokens.first, joint == "AND" || joint == "OR" else { return first }
    while tokens.first == .word(joint) {
      tokens.removeFirst()
      guard let next = operand() else { return nil }
      rules.append(next)
    }
    return joint == "AND" ? .all(rules) : .any(rules)
  }

  private mutating func operand() -> AlarmRule? {
    switch tokens.popFirst() {
    case .open?:
      guard let rule = junction(), tokens.popFirst() == .close else { return nil }
      return rule
    case .word("NOT")?: return operand().map(AlarmRule.not)
    case .word("TRUE")?: return .constant(true)
    case .word("FALSE")?: return .constant(false)
    case .word("AT_LEAST")?: return atLeast()
    case .word(let word)?:
      guard let state = AlarmRule.State(rawValue: word), tokens.popFirst() == .open, let alarm = alarm(),
        tokens.popFirst() == .close
      else { return nil }
      return .is(state, alarm)
    case .quoted?, .close?, .comma?, nil: return nil
    }
  }

  /// `(2, ALARM, (a, b))`.
  private mutating func atLeast() -> AlarmRule? {
    guard tokens.popFirst() == .open, case .word(let number)? = tokens.popFirst(), let count = Int(number),
      tokens.popFirst() == .comma, case .word(let word)? = tokens.popFirst(),
      let state = AlarmRule.State(rawValue: word), tokens.popFirst() == .comma, tokens.popFirst() == .open
    else { return nil }
    var alarms: [Input<String>] = []
    while let alarm = alarm() {
      alarms.append(alarm)
      switch tokens.popFirst() {
      case .comma?: continue
      case .close?: return tokens.popFirst() == .close ? .atLeast(count, state, alarms) : nil
      case .word?, .quoted?, .open?, nil: return nil
      }
    }
    return nil
  }

  /// The name of an alarm, also where its ARN is given.
  private mutating func alarm() -> Input<String>? {
    let text: String
    switch tokens.popFirst() {
    case .word(let word)?: text = word
    case .quoted(let quoted)?: text = quoted
    case .open?, .close?, .comma?, nil: return nil
    }
    return .given(CloudWatchName.alarm(text))
  }

  private static func tokens(_ text: String) -> [Token] {
    var tokens: [Token] = []
    var rest = text[...]
    while let character = rest.popFirst() {
      switch character {
      case "(": tokens.append(.open)
      case ")": tokens.append(.close)
      case ",": tokens.append(.comma)
      case "\"": tokens.append(.quoted(quoted(&rest)))
      case let character where character.isWhitespace: continue
      default:
        let tail = rest.prefix { !$0.isWhitespace && !"(),\"".contains($0) }
        rest = rest.dropFirst(tail.count)
        tokens.append(.word("\(character)\(tail)"))
      }
    }
    return tokens
  }

  /// Up to the closing quote; a backslash takes the next character as it is.
  private static func quoted(_ rest: inout Substring) -> String {
    var text = ""
    while let character = rest.popFirst(), character != "\"" {
      text.append(character == "\\" ? rest.popFirst() ?? character : character)
    }
    return text
  }
}

enum CloudWatchName {
  /// An alarm's name, from its name or ARN.
  static func alarm(_ reference: String) -> String {
    guard reference.hasPrefix("arn:"), let found = reference.firstRange(of: ":alarm:") else { return reference }
    return String(reference[found.upperBound...])
  }
}
