// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Plan {
  var json: JSON {
    object(
      ("stack", .string(stack)), ("account", .string(account)), ("region", .string(region)),
      ("purpose", texts(purpose.words)), ("targets", texts(targets.sorted().map(\.description))),
      ("specDigest", .string(specDigest)),
      (
        "sightings",
        .object(JSONObject(sightings.map { (key: $0.key.description, value: $0.value.json) }))
      ),
      ("changes", .array(changes.map(\.json))), ("steps", .array(steps.map(\.json))),
      ("notes", .array(notes.map(\.json))))
  }
}

private func texts(_ texts: [String]) -> JSON { .array(texts.map(JSON.string)) }

extension Sighting {
  fileprivate var json: JSON {
    object(("id", id.map(JSON.string)), ("attributes", Value.map(attributes).json))
  }
}

extension ResourceChange {
  fileprivate var json: JSON {
    object(
      ("address", .string(address.description)), ("action", .string(action.word)),
      ("attributes", .array(attributes.map(\.json))), ("reasons", .array(reasons.map { texts($0.words) })),
      ("disruption", .string(disruption.word)), ("id", id.map(JSON.string)), ("origin", origin?.json))
  }
}

extension AttributeChange {
  fileprivate var json: JSON {
    object(
      ("name", .string(name)), ("old", old.json), ("new", new.json), ("mutability", texts(mutability.words)),
      ("disruption", .string(disruption.word)), ("timing", timing.map(JSON.string)))
  }
}

extension Step {
  fileprivate var json: JSON {
    object(
      ("step", .string(id.description)), ("needs", texts(needs.sorted().map(\.description))),
      ("target", target.map(JSON.string)), ("deletion", deletion?.json))
  }
}

extension Deletion {
  fileprivate var json: JSON {
    object(("finalSnapshot", finalSnapshot.map(JSON.string)), ("wholeStack", .bool(wholeStack)))
  }
}

extension Diagnostic {
  fileprivate var json: JSON {
    object(
      ("severity", .string(severity.rawValue)), ("rule", .string(rule)), ("message", .string(message)),
      ("span", span?.json), ("address", address.map { .string($0.description) }), ("hint", hint.map(JSON.string)),
      ("notes", texts(notes)))
  }
}

extension SourceSpan {
  fileprivate var json: JSON {
    object(
      ("file", .string(file)),
      ("start", [.int(start.line), .int(start.column)]), ("end", [.int(end.line), .int(end.column)]))
  }
}

// MARK: Words

extension Disruption {
  package var word: String {
    switch self {
    case .none: "none"
    case .connections: "connections"
    case .restart: "restart"
    case .outage: "outage"
    }
  }

  package init?(word: String) {
    guard let found = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = found
  }
}

extension Mutability {
  var words: [String] {
    switch self {
    case .inPlace(let disruption): ["inPlace", disruption.word]
    case .replace(let order): ["replace", order.rawValue]
    case .refuse(let wayOut): ["refuse", wayOut]
    }
  }

  init?(words: [String]) {
    guard words.count == 2 else { return nil }
    switch words[0] {
    case "inPlace":
      guard let disruption = Disruption(word: words[1]) else { return nil }
      self = .inPlace(disruption)
    case "replace":
      guard let order = ReplaceOrder(rawValue: words[1]) else { return nil }
      self = .replace(order)
    case "refuse": self = .refuse(wayOut: words[1])
    default: return nil
    }
  }
}

extension Reason {
  var words: [String] {
    switch self {
    case .absent: ["absent"]
    case .differs: ["differs"]
    case .notInSpec: ["notInSpec"]
    case .dependencyReplaced(let address): ["dependencyReplaced", address.description]
    case .destroy: ["destroy"]
    case .pending(let when): ["pending", when]
    }
  }

  init?(words: [String]) {
    switch (words.count, words.first) {
    case (1, "absent"): self = .absent
    case (1, "differs"): self = .differs
    case (1, "notInSpec"): self = .notInSpec
    case (1, "destroy"): self = .destroy
    case (2, "pending"): self = .pending(words[1])
    case (2, "dependencyReplaced"):
      guard let address = Address(parsing: words[1]) else { return nil }
      self = .dependencyReplaced(address)
    default: return nil
    }
  }
}
