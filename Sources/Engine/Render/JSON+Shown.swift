// SPDX-License-Identifier: Apache-2.0

package import Core

extension JSON {
  /// A value as reports show it: what is unknown names the output it waits for; a secret shows that it is one and no more.
  package init(shown value: Core.Value) {
    switch value {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .int(let number): self = .int(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    case .list(let items): self = .array(items.map { JSON(shown: $0) })
    case .map(let members):
      self = .object(JSONObject(members.sorted { $0.key < $1.key }.map { (key: $0.key, value: JSON(shown: $0.value)) }))
    case .unknown(let output): self = ["knownAfterApply": .string(output.description)]
    case .sealed: self = ["secret": true]
    }
  }
}
