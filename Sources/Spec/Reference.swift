// SPDX-License-Identifier: Apache-2.0

internal import Core

/// The reference of the spec, `docs/spec.md`, from the table of fields and the rules.
package enum Reference {
  package static var markdown: String {
    let sections = Explanation.fields.filter { !$0.field.children.isEmpty }
    let planned = Stack.descriptions.filter { $0.presence == .planned }
    return """
      <!-- Generated from the fields and rules in Sources/Spec: RECORD_SNAPSHOTS=1 swift test --filter SpecTests -->

      # The spec

      One YAML file describes one stack. `harecon validate` checks it without calling AWS, `harecon fmt` gives it its \
      canonical form, `harecon explain PATH` shows what is written here on a terminal, `harecon schema` prints a JSON \
      Schema for editors, and `harecon init` writes a spec to start from.

      ## Top level

      \(table(Stack.descriptions.filter { $0.presence != .planned }, under: ""))
      \(sections.map { section($0.path, $0.field) }.joined())
      ## Planned

      These sections are known and refused: a spec that has one could not be carried out by this version.

      \(planned.map { "- `\($0.name)`: \($0.documentation)" }.joined(separator: "\n"))

      ## How values are written

      Text that some reader of YAML takes for something else is put in quotes; harecon never guesses. A duration is a \
      whole number and one of `ms`, `s`, `m`, `h`, `d`. Times of day are in UTC. A file is one document, \
      without tabs as indentation, tags, merge keys and duplicate keys; anchors and aliases may be used.

      \(formRules)

      ## Rules of high availability

      Each has a number that stays its own. `harecon explain HA001` shows one.

      \(Rule.all.map(rule).joined(separator: "\n"))
      """
  }

  private static func section(_ path: String, _ field: FieldDescription) -> String {
    let example = field.example.map { "\nFor example `\(field.name): \($0)`.\n" } ?? ""
    return """

      ## `\(path)`

      \(field.documentation) (\(field.presenceText))
      \(example)
      \(table(field.children, under: path))
      """
  }

  private static func table(_ fields: [FieldDescription], under parent: String) -> String {
    let rows = fields.map { field in
      let path = parent.isEmpty ? field.name : "\(parent).\(field.name)"
      let rules = Rule.all.filter { $0.reads.contains(path) }.map { "[\($0.id)](#\($0.id.lowercased()))" }
      let words = (field.shape?.words ?? []).map { "`\($0.text)`: \($0.meaning)" }
      let details = ([field.documentation] + words + (rules.isEmpty ? [] : ["Rules: \(rules.joined(separator: ", "))"]))
      return "| `\(field.name)` | \(type(field)) | \(presence(field)) | \(cell(details)) |"
    }
    return """
      | Field | Value | Default | Meaning |
      | --- | --- | --- | --- |
      \(rows.joined(separator: "\n"))

      """
  }

  private static func type(_ field: FieldDescription) -> String {
    let summary = field.shape?.summary.map { ": \($0)" } ?? ""
    return escaped(field.noun + summary)
  }

  private static func presence(_ field: FieldDescription) -> String {
    switch field.presence {
    case .required: "required"
    case .defaulted(""): "its fields' own"
    case .defaulted(let text): "`\(text)`"
    case .optional: "none"
    case .planned: "not supported yet"
    }
  }

  private static func cell(_ parts: [String]) -> String { parts.map(escaped).joined(separator: "<br>") }

  private static func escaped(_ text: String) -> String { text.replacing("|", with: "\\|") }

  private static var formRules: String {
    let rows = SpecRule.allCases.map { "| `\($0.rawValue)` | \(escaped($0.documentation)) |" }
    return (["| Rule | |", "| --- | --- |"] + rows).joined(separator: "\n")
  }

  private static func rule(_ rule: Rule) -> String {
    """
    ### \(rule.id)

    **\(rule.slug)** (\(rule.severity.rawValue)). \(rule.what)

    \(rule.why)

    Way out: \(rule.wayOut).

    """
  }
}
