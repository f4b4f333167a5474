// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit

/// Whose a policy of CloudWatch Logs is, written into the `Sid` of one of its statements, since it carries no tags.
///
/// A `Sid` is of letters and digits: `TrustEvents` becomes `TrustEventsHareconSpaymentsNevents`. The stack's name and the
/// resource's stand in it with whatever is no small letter or digit written as `Z` and two hexadecimal digits.
struct PolicyMark: Sendable, Hashable {
  let stack: String
  let resource: String

  private static let word = "HareconS"

  var owner: Owner { .stack(stack, id: Address(LogResourcePolicy.name, resource).description) }

  /// What stands at the end of the `Sid`.
  private var suffix: String { "\(Self.word)\(Self.escaped(stack))N\(Self.escaped(resource))" }

  init(stack: String, resource: String) {
    self.stack = stack
    self.resource = resource
  }

  private init?(sid: String) {
    guard let start = sid.firstRange(of: Self.word) else { return nil }
    let parts = sid[start.upperBound...].split(separator: "N", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let stack = Self.plain(parts[0]), let resource = Self.plain(parts[1]), !stack.isEmpty,
      !resource.isEmpty
    else { return nil }
    self.init(stack: stack, resource: resource)
  }

  // MARK: In a document

  /// The policy with the mark in its first statement.
  func applied(to policy: JSON) -> JSON {
    var isFirst = true
    return policy.withStatements { statement in
      defer { isFirst = false }
      guard isFirst else { return statement }
      var statement = statement
      statement["Sid"] = .string((statement["Sid"]?.string ?? "") + suffix)
      return statement
    }
  }

  /// The mark that a live policy has, if it has one, and the policy without it. CloudWatch Logs may order statements as it
  /// likes.
  static func separated(from policy: JSON) -> (mark: PolicyMark?, policy: JSON) {
    var mark: PolicyMark?
    let plain = policy.withStatements { statement in
      guard mark == nil, let sid = statement["Sid"]?.string, let found = PolicyMark(sid: sid) else { return statement }
      mark = found
      var statement = statement
      let own = sid.hasSuffix(found.suffix) ? String(sid.dropLast(found.suffix.count)) : sid
      statement["Sid"] = own.isEmpty ? nil : .string(own)
      return statement
    }
    return (mark, plain)
  }

  // MARK: Letters

  private static func escaped(_ name: String) -> String {
    name.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        String(UnicodeScalar(byte))
      default:
        "Z" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }.joined()
  }

  private static func plain(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "Z") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let escaped = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(escaped)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension JSON {
  /// The policy with each statement changed; one that stands alone, not in a list, too.
  fileprivate func withStatements(_ change: (JSONObject) -> JSONObject) -> JSON {
    guard case .object(var policy) = self, let statements = policy["Statement"] else { return self }
    func each(_ statement: JSON) -> JSON {
      if case .object(let object) = statement { .object(change(object)) } else { statement }
    }
    policy["Statement"] = statements.array.map { .array($0.map(each)) } ?? each(statements)
    return .object(policy)
  }
}
