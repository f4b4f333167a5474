// SPDX-License-Identifier: Apache-2.0

package import Core
package import ResourceKit

/// Where a rule sends what it matches, and what becomes of what cannot be delivered.
package struct EventTarget: AttributeValue {
  package var arn: Input<String>
  package var input: EventInput
  /// Attempts after the first, 0 to 185.
  package var retryAttempts: Int
  /// Seconds after which an event is no longer delivered, 60 to 86400.
  package var maximumAge: Int
  /// The ARN of the standard queue for what cannot be delivered.
  package var deadLetter: Input<String>?
  /// The role that EventBridge takes on; functions, topics and queues have policies of their own instead.
  package var role: Input<String>?
  /// The group of the messages to a FIFO queue.
  package var messageGroup: String?
  /// Settings that somebody else has given it and that no spec asks for, by AWS's name.
  let others: [String]

  /// An order that arrives late does harm, so that the defaults are a few attempts within five minutes and not AWS's 185
  /// within a day.
  package init(
    _ arn: Input<String>, input: EventInput = .event, retryAttempts: Int = 3, maximumAge: Int = 300,
    deadLetter: Input<String>?, role: Input<String>? = nil, messageGroup: String? = nil
  ) {
    self.arn = arn
    self.input = input
    self.retryAttempts = retryAttempts
    self.maximumAge = maximumAge
    self.deadLetter = deadLetter
    self.role = role
    self.messageGroup = messageGroup
    others = []
  }

  init(
    observed arn: String, input: EventInput, retryAttempts: Int, maximumAge: Int, deadLetter: String?, role: String?,
    messageGroup: String?, others: [String]
  ) {
    self.arn = .given(arn)
    self.input = input
    self.retryAttempts = retryAttempts
    self.maximumAge = maximumAge
    self.deadLetter = deadLetter.map(Input.given)
    self.role = role.map(Input.given)
    self.messageGroup = messageGroup
    self.others = others
  }

  /// The same with nothing but plain values, to be compared with what AWS says; see `Input.now()`.
  func known() throws(CallError) -> EventTarget {
    var known = self
    known.arn = .given(try arn.now())
    known.deadLetter = try deadLetter.map { (queue) throws(CallError) in .given(try queue.now()) }
    known.role = try role.map { (role) throws(CallError) in .given(try role.now()) }
    return known
  }

  package var value: Value {
    let members: [String: Value] = [
      "arn": arn.value, "input": input.value, "retryAttempts": .int(retryAttempts), "maximumAge": .int(maximumAge),
      "deadLetter": deadLetter.value, "role": role.value, "messageGroup": messageGroup.value,
      "others": others.isEmpty ? .null : others.value,
    ]
    return .map(members.filter { $0.value != .null })
  }

  package init?(_ value: Value) {
    guard case .map(let members) = value,
      let arn = members["arn"].flatMap(Input<String>.init), let input = EventInput(members["input"] ?? .null),
      case .int(let retryAttempts) = members["retryAttempts"], case .int(let maximumAge) = members["maximumAge"],
      let others = [String](members["others"] ?? .list([]))
    else { return nil }
    self.arn = arn
    self.input = input
    self.retryAttempts = retryAttempts
    self.maximumAge = maximumAge
    deadLetter = members["deadLetter"].flatMap(Input<String>.init)
    role = members["role"].flatMap(Input<String>.init)
    if case .string(let group) = members["messageGroup"] { messageGroup = group }
    self.others = others
  }
}

/// What a target gets of an event.
package enum EventInput: AttributeValue {
  /// The event as it is.
  case event
  /// Always the same.
  case constant(JSONDocument)
  /// The part of the event at a JSON path.
  case part(String)
  /// A template in which `<name>` stands for the part of the event at the path of that name.
  case template(String, paths: [String: String])

  package var value: Value {
    switch self {
    case .event: .null
    case .constant(let document): .map(["constant": document.value])
    case .part(let path): .map(["part": .string(path)])
    case .template(let template, let paths): .map(["template": .string(template), "paths": paths.value])
    }
  }

  package init?(_ value: Value) {
    guard case .map(let members) = value else {
      guard value == .null else { return nil }
      self = .event
      return
    }
    if let document = members["constant"].flatMap(JSONDocument.init) {
      self = .constant(document)
    } else if case .string(let path) = members["part"] {
      self = .part(path)
    } else if case .string(let template) = members["template"],
      let paths = [String: String](members["paths"] ?? .map([:]))
    {
      self = .template(template, paths: paths)
    } else {
      return nil
    }
  }
}
