// SPDX-License-Identifier: Apache-2.0

/// What values a field takes, for people, for editors and for the parser's own messages.
package indirect enum Shape: Sendable {
  case text(TextForm)
  case integer(ClosedRange<Int>)
  /// Numbers that are multiples of the step.
  case number(step: Double)
  case flag
  case choice([Word])
  case list(Shape, atLeast: Int)
  /// A mapping whose keys the author chooses.
  case map(key: TextForm, value: TextForm)
  case section([FieldDescription])

  package struct Word: Sendable {
    package let text: String
    package let meaning: String
  }

  /// A few words: `a duration`, `a list of zones`.
  package var noun: String {
    switch self {
    case .text(let form): form.noun
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number: "a number"
    case .flag: "true or false"
    case .choice(let words): words.count == 1 ? "\"\(words[0].text)\"" : "one word"
    case .list(let item, _):
      switch item {
      case .text(let form): "a list of \(form.plural)"
      case .choice: "a list of words"
      case .integer, .number, .flag: "a list of numbers"
      case .list, .map, .section: "a list of mappings"
      }
    case .map(let key, let value): "a mapping of \(key.plural) to \(value.plural)"
    case .section: "a mapping"
    }
  }
}

/// One kind of text: what it looks like, and how to tell.
package struct TextForm: Sendable {
  /// `an account number`.
  package let noun: String
  /// `account numbers`.
  package let plural: String
  /// The form in a sentence: `twelve digits`.
  package let summary: String
  /// The same as a regular expression in the dialect of JSON Schema.
  package let pattern: String

  package init(_ noun: String, plural: String, _ summary: String, pattern: String) {
    self.noun = noun
    self.plural = plural
    self.summary = summary
    self.pattern = pattern
  }
}

/// One field as everything but the parser sees it: `explain`, the reference, the JSON Schema and the starter spec.
package struct FieldDescription: Sendable {
  package enum Presence: Sendable, Hashable {
    case required
    /// The default, as one would write it in the spec; a section's is empty, as its fields have their own.
    case defaulted(String)
    case optional
    /// Known, and not carried out by this version.
    case planned
  }

  package let name: String
  /// nil for what is planned.
  package let shape: Shape?
  package let presence: Presence
  package let documentation: String
  /// A value as one would write it.
  package let example: String?
  /// The first version of harecon that knows it.
  package let since: String

  /// The fields inside, of a section or of each item of a list of sections.
  package var children: [FieldDescription] {
    switch shape {
    case .section(let fields), .list(.section(let fields), _): fields
    case .text, .integer, .number, .flag, .choice, .list, .map, nil: []
    }
  }
}
