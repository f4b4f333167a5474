// SPDX-License-Identifier: Apache-2.0

internal import Core

/// A policy document: of a role, of a resource, or of trust in a service.
struct Policy {
  let statements: [Statement]

  /// A tag of the session in which a stack is destroyed, as `harecon:destroy` = `yes`.
  static let destroyTag = "harecon:destroy"

  init(_ statements: [Statement]) {
    self.statements = statements
  }

  init(_ statements: Statement...) {
    self.init(statements)
  }

  var json: JSON { ["Version": "2012-10-17", "Statement": .array(statements.map(\.json))] }

  /// JSON.
  var text: String { json.text() }
}

/// One statement of a policy.
struct Statement {
  enum Effect: String {
    case allow = "Allow"
    case deny = "Deny"
  }

  /// Whom a resource's policy is about; a role's own policy names nobody.
  enum Principal {
    case anyone
    case account(root: String)
    /// `events.amazonaws.com`.
    case service(String)
    case services([String])

    fileprivate var json: JSON {
      switch self {
      case .anyone: ["AWS": "*"]
      case .account(let root): ["AWS": .string(root)]
      case .service(let name): ["Service": .string(name)]
      case .services(let names): ["Service": .array(names.map(JSON.string))]
      }
    }
  }

  private let sid: String
  private let effect: Effect
  private let principal: Principal?
  private let actions: [String]
  private let resources: [String]
  private let conditions: [Condition]

  init(
    _ sid: String, _ effect: Effect, _ principal: Principal?, _ actions: [String],
    on resources: [String], when conditions: [Condition] = []
  ) {
    self.sid = sid
    self.effect = effect
    self.principal = principal
    self.actions = actions
    self.resources = resources
    self.conditions = conditions
  }

  /// What a role's own policy allows.
  init(_ sid: String, _ actions: [String], on resources: [String], when conditions: [Condition] = []) {
    self.init(sid, .allow, nil, actions, on: resources, when: conditions)
  }

  /// That a service may assume the role that the policy belongs to; roles have no resource.
  static func trust(_ service: String, when conditions: [Condition]) -> Statement {
    Statement("Assume", .allow, .service(service), ["sts:AssumeRole"], on: [], when: conditions)
  }

  fileprivate var json: JSON {
    var object: JSONObject = ["Sid": .string(sid), "Effect": .string(effect.rawValue)]
    if let principal { object["Principal"] = principal.json }
    object["Action"] = Self.oneOrMany(actions)
    if !resources.isEmpty { object["Resource"] = Self.oneOrMany(resources) }
    if !conditions.isEmpty { object["Condition"] = Condition.json(conditions) }
    return .object(object)
  }

  /// As AWS writes it: one text, or a list of several.
  fileprivate static func oneOrMany(_ texts: [String]) -> JSON {
    texts.count == 1 ? .string(texts[0]) : .array(texts.map(JSON.string))
  }
}

/// What must hold for a statement to count.
struct Condition {
  private let test: String
  private let key: String
  private let values: [String]

  /// One of the texts, letter by letter.
  static func equals(_ key: String, _ values: String...) -> Condition {
    Condition(test: "StringEquals", key: key, values: values)
  }

  static func equals(_ key: String, anyOf values: [String]) -> Condition {
    Condition(test: "StringEquals", key: key, values: values)
  }

  /// None of the texts; also where there is nothing to compare.
  static func differs(_ key: String, _ values: String...) -> Condition {
    Condition(test: "StringNotEquals", key: key, values: values)
  }

  /// One of several values that the key may have at once.
  static func anyEquals(_ key: String, _ value: String) -> Condition {
    Condition(test: "ForAnyValue:StringEquals", key: key, values: [value])
  }

  /// Each value of a key that has many is one of the texts, in which `*` and `?` stand for anything.
  static func each(_ key: String, like values: String...) -> Condition {
    Condition(test: "ForAllValues:StringLike", key: key, values: values)
  }

  /// One of the ARNs, in which `*` and `?` stand for anything.
  static func arn(_ key: String, _ values: String...) -> Condition {
    Condition(test: "ArnLike", key: key, values: values)
  }

  static func arn(_ key: String, anyOf values: [String]) -> Condition {
    Condition(test: "ArnLike", key: key, values: values)
  }

  static func flag(_ key: String, _ value: Bool) -> Condition {
    Condition(test: "Bool", key: key, values: [value ? "true" : "false"])
  }

  fileprivate static func json(_ conditions: [Condition]) -> JSON {
    var tests = JSONObject()
    for test in Set(conditions.map(\.test)).sorted() {
      var keys = JSONObject()
      for condition in conditions where condition.test == test {
        keys[condition.key] = Statement.oneOrMany(condition.values)
      }
      tests[test] = .object(keys)
    }
    return .object(tests)
  }
}
