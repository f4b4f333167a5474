// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Value {
  init(_ json: JSON) {
    switch json {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .int(let number): self = .int(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    case .array(let items): self = .list(items.map(Value.init))
    case .object(let object):
      self = .map(Dictionary(object.members.map { ($0.key, Value($0.value)) }) { _, last in last })
    }
  }

  /// The value that a JSON text stands for; a text that is no JSON stands for itself.
  var asDocument: Value {
    guard case .string(let text) = self, let json = try? JSON(parsing: text) else { return withPlainNumbers }
    return Value(json).withPlainNumbers
  }

  /// An IAM policy in one form: what IAM takes as the same and gives back differently is the same here.
  ///
  /// One or many of a statement, an action, a resource, a principal, a condition's value; their order; the case of
  /// actions; an account's id for its root; flags and numbers written as texts. `Sid` stays what it is.
  var asPolicy: Value {
    guard case .map(var policy) = asDocument else { return asDocument }
    if let statements = policy["Statement"] {
      policy["Statement"] = .list(Value.sorted(Set(statements.oneOrMany.map(\.asStatement))))
    }
    return .map(policy)
  }

  private var asStatement: Value {
    guard case .map(let members) = self else { return self }
    var statement: [String: Value] = [:]
    for (name, value) in members {
      statement[name] =
        switch name {
        case "Action", "NotAction": value.asTexts { $0.lowercased() }
        case "Resource", "NotResource": value.asTexts { $0 }
        case "Principal", "NotPrincipal": value.asPrincipal
        case "Condition": value.asCondition
        default: value
        }
    }
    return .map(statement)
  }

  /// `"*"` and `{"AWS": "*"}` name the same principals.
  private var asPrincipal: Value {
    guard case .map(let types) = self else { return .map(["AWS": asTexts { $0 }]) }
    return .map(types.mapValues { $0.asTexts(Value.accountRoot) })
  }

  /// `111122223333` for `arn:aws:iam::111122223333:root`.
  private static func accountRoot(_ principal: String) -> String {
    let parts = principal.split(separator: ":", omittingEmptySubsequences: false)
    let isRoot = parts.count == 6 && parts[0] == "arn" && parts[2] == "iam" && parts[5] == "root"
    return isRoot ? String(parts[4]) : principal
  }

  /// Operators and keys are compared by IAM without case only in part (keys); AWS gives both back as they were sent.
  private var asCondition: Value {
    guard case .map(let operators) = self else { return self }
    return .map(
      operators.mapValues { keys in
        guard case .map(let members) = keys else { return keys }
        return .map(members.mapValues { $0.asTexts { $0 } })
      })
  }

  private func asTexts(_ form: (String) -> String) -> Value {
    .list(Value.sorted(Set(oneOrMany.map { .string(form($0.text)) })))
  }

  private var oneOrMany: [Value] {
    if case .list(let items) = self { return items }
    return [self]
  }

  private var text: String {
    switch self {
    case .string(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .int(let number): String(number)
    case .double(let number): String(number)
    case .null, .list, .map, .unknown, .sealed: String(describing: self)
    }
  }
}
