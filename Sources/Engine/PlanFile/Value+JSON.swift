// SPDX-License-Identifier: Apache-2.0

internal import Core

// JSON has no doubles apart from integers, no references and no seals. A plan file writes them as objects with one member
// whose key starts with a dollar sign; a map's own key that starts with one gets a second.

extension Value {
  var json: JSON {
    switch self {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .int(let number): .int(number)
    case .double(let number): ["$double": .string(String(number))]
    case .string(let text): .string(text)
    case .list(let items): .array(items.map(\.json))
    case .map(let members):
      .object(JSONObject(members.map { (key: $0.key.hasPrefix("$") ? "$" + $0.key : $0.key, value: $0.value.json) }))
    case .unknown(let id): ["$unknown": [.string(id.address.description), .string(id.output)]]
    case .sealed(let digest): ["$sealed": .string(digest)]
    }
  }

  /// nil when the JSON is none that `json` gives.
  init?(planFile json: JSON) {
    switch json {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .int(let number): self = .int(number)
    case .double: return nil
    case .string(let text): self = .string(text)
    case .array(let items):
      var values: [Value] = []
      for item in items {
        guard let value = Value(planFile: item) else { return nil }
        values.append(value)
      }
      self = .list(values)
    case .object(let object):
      guard let value = Self.read(object) else { return nil }
      self = value
    }
  }

  private static func read(_ object: JSONObject) -> Value? {
    if object.count == 1, let (key, value) = object.members.first, key.hasPrefix("$"), !key.hasPrefix("$$") {
      return tagged(key, value)
    }
    var members: [String: Value] = [:]
    for (key, json) in object.members {
      guard !key.hasPrefix("$") || key.hasPrefix("$$"), let value = Value(planFile: json) else { return nil }
      members[key.hasPrefix("$") ? String(key.dropFirst()) : key] = value
    }
    return .map(members)
  }

  private static func tagged(_ key: String, _ json: JSON) -> Value? {
    switch key {
    case "$double": json.string.flatMap(Double.init).map(Value.double)
    case "$sealed": json.string.map(Value.sealed)
    case "$unknown":
      if let pair = json.array, pair.count == 2, let address = pair[0].string.flatMap(Address.init(parsing:)),
        let output = pair[1].string
      {
        .unknown(OutputID(address, output))
      } else {
        nil
      }
    default: nil
    }
  }
}
