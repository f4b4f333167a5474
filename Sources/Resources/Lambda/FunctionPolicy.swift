// SPDX-License-Identifier: Apache-2.0

internal import AWSAPILambda
internal import AWSClient
internal import Core
internal import ResourceKit

// aws: lambda GetPolicy

/// Who may call a function: the statements of its policy, in the form in which Lambda takes and gives them.
struct FunctionPolicy: Sendable {
  struct Statement: Sendable {
    var id: String
    var action: String
    /// A service (`events.amazonaws.com`), an account or a role, or `*`.
    var principal: String
    var sourceARN: String?
    var sourceAccount: String?
    /// The organisation that the caller must be of.
    var organization: String?
    /// The kind of URL that the call must come through: `NONE`, `AWS_IAM`.
    var urlAuthType: String?
    var onlyThroughURL: Bool
  }

  var statements: [Statement] = []

  /// A function without a policy has none to read, and none may call it.
  static func read(of function: String, _ aws: AWS) async throws(CallError) -> FunctionPolicy {
    let answer = try await ifThere { () async throws(CallError) in
      try await aws(Lambda.getPolicy, .init(functionName: function))
    }
    guard let text = answer?.policy else { return FunctionPolicy() }
    do {
      return FunctionPolicy(try JSON(parsing: text))
    } catch {
      throw CallError(.invalid, code: "UnreadablePolicy", message: "the policy of \"\(function)\" is no JSON: \(error)")
    }
  }

  init() {}

  init(_ document: JSON) {
    statements = Self.many(document["Statement"]).map(Statement.init)
  }

  /// IAM writes one as itself and several as a list.
  fileprivate static func many(_ json: JSON?) -> [JSON] {
    json?.array ?? [json].compactMap(\.self)
  }
}

extension FunctionPolicy.Statement {
  init(_ json: JSON) {
    id = json["Sid"]?.string ?? ""
    action = Self.texts(json["Action"])
    principal = Self.principal(json["Principal"])
    var conditions: [String: String] = [:]
    for (_, tests) in json["Condition"]?.object?.members ?? [] {
      for (key, value) in tests.object?.members ?? [] { conditions[key.lowercased()] = Self.texts(value) }
    }
    sourceARN = conditions["aws:sourcearn"]
    sourceAccount = conditions["aws:sourceaccount"]
    organization = conditions["aws:principalorgid"]
    urlAuthType = conditions["lambda:functionurlauthtype"]
    onlyThroughURL = conditions["lambda:invokedviafunctionurl"] == "true"
  }

  /// `*`, `events.amazonaws.com`, or `111122223333`, which Lambda turns into `arn:aws:iam::111122223333:root`.
  private static func principal(_ json: JSON?) -> String {
    if let members = json?.object?.members {
      let names = members.map { texts($0.value) }.joined(separator: ",")
      let parts = names.split(separator: ":", omittingEmptySubsequences: false)
      let isAccount = parts.count == 6 && parts[2] == "iam" && parts[5] == "root"
      return isAccount ? String(parts[4]) : names
    }
    return texts(json)
  }

  private static func texts(_ json: JSON?) -> String {
    FunctionPolicy.many(json).map { $0.string ?? $0.text() }.joined(separator: ",")
  }
}
