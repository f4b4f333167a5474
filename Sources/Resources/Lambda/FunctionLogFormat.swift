// SPDX-License-Identifier: Apache-2.0

package import Core

/// How a function's log lines look, and which are kept.
package enum FunctionLogFormat: AttributeValue {
  /// Fields that metric filters and queries can name. Levels are `DEBUG`, `INFO`, `WARN`, ...; the system's lines tell of starts,
  /// timeouts and crashes.
  case json(application: String, system: String)
  /// Plain lines; all of them.
  case text

  package static let json = FunctionLogFormat.json(application: "INFO", system: "INFO")

  package var value: Value {
    switch self {
    case .json(let application, let system):
      .map(["format": .string("JSON"), "application": .string(application), "system": .string(system)])
    case .text: .map(["format": .string("Text")])
    }
  }

  package init?(_ value: Value) {
    guard case .map(let members) = value else { return nil }
    switch members["format"] {
    case .string("Text"): self = .text
    case .string("JSON"):
      guard case .string(let application) = members["application"], case .string(let system) = members["system"] else {
        return nil
      }
      self = .json(application: application, system: system)
    default: return nil
    }
  }
}
