// SPDX-License-Identifier: Apache-2.0

/// The rules of the form of a spec; `Rule` holds those of its content.
package enum SpecRule: String, Sendable, CaseIterable {
  case syntax = "yaml.syntax"
  case empty = "yaml.empty"
  case documents = "yaml.documents"
  case fileSize = "yaml.size"
  case depth = "yaml.depth"
  case expansion = "yaml.expansion"
  case alias = "yaml.alias"
  case tag = "yaml.tag"
  case tab = "yaml.tab"
  case key = "yaml.key"
  case mergeKey = "yaml.merge-key"
  case duplicateKey = "yaml.duplicate-key"
  case ambiguous = "yaml.ambiguous"
  case unknownKey = "spec.unknown-key"
  case missing = "spec.missing"
  case noValue = "spec.no-value"
  case type = "spec.type"
  case value = "spec.value"
  case choice = "spec.choice"
  case repeated = "spec.repeated"
  case notSupportedYet = "spec.not-supported-yet"
  case more = "spec.more"

  private static let limits = YAMLLimits()

  /// What the rule asks for and why.
  package var documentation: String {
    switch self {
    case .syntax: "The file is well-formed YAML in UTF-8. Reading stops at the first place that is not."
    case .empty: "The file holds a document."
    case .documents: "A file holds one document: one stack."
    case .fileSize: "A file has at most \(Self.limits.bytes >> 20) MiB and \(Self.limits.nodes) keys and values."
    case .depth: "Lists and mappings are nested at most \(Self.limits.depth) deep."
    case .expansion:
      "Aliases count as often as they are used, so that a small file cannot grow without bound in memory."
    case .alias: "An alias (`*name`) stands for a value that was anchored (`&name`) and ended before it."
    case .tag: "Tags (`!!str`, `!Ref`) are not used: every field knows its own type."
    case .tab: "Lines are indented with spaces; what a tab is worth differs between readers."
    case .key: "Every key is a word."
    case .mergeKey: "Merge keys (`<<`) are an extension of YAML 1.1 that readers disagree on."
    case .duplicateKey: "A key is given once; readers disagree on which of two would count."
    case .ambiguous:
      """
      Text that some reader of YAML takes for a number, a boolean, a date or nothing is put in quotes: `no`, `1:30`, \
      `0123`, `15.10`, an account number. harecon never guesses.
      """
    case .unknownKey: "Every key is one that `harecon explain` knows."
    case .missing: "A field without a default is given."
    case .noValue: "A key that is written has a value; leave the key out to get the default."
    case .type: "A value has the type of its field."
    case .value: "A value has the form of its field."
    case .choice: "A value is one of the words of its field."
    case .repeated: "A list of distinct things names each once."
    case .notSupportedYet: "The section is planned and this version does not carry it out; leave it out for now."
    case .more: "Only the first of very many problems are listed."
    }
  }
}
