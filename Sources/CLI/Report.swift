// SPDX-License-Identifier: Apache-2.0

internal import Core

/// What a command came to: one value, shown as text or as JSON.
protocol Report: Sendable {
  /// Name and version of the JSON form, `harecon.plan/v1`; a version never loses a member.
  static var schema: String { get }
  /// An object, without `schema`.
  var json: JSONObject { get }
  func text(_ style: Style) -> String
}

/// How a report is shown; every command has it.
enum OutputFormat: String, Sendable, CaseIterable {
  case text
  case json
}

extension Console {
  /// Prints a report to standard output: the one renderer.
  func render(_ report: some Report, as format: OutputFormat) {
    switch format {
    case .text:
      answer(report.text(answerStyle))
    case .json:
      var object: JSONObject = ["schema": .string(type(of: report).schema)]
      for member in report.json.members { object[member.key] = member.value }
      answer(JSON.object(object).text(pretty: true, keys: .kept))
    }
  }
}

extension JSON {
  static func strings(_ texts: some Sequence<String>) -> JSON {
    .array(texts.map { .string($0) })
  }

  static func optional(_ text: String?) -> JSON {
    text.map { .string($0) } ?? .null
  }
}

extension JSONObject {
  /// A place in the spec.
  init(_ span: SourceSpan) {
    self = ["file": .string(span.file), "line": .int(span.start.line), "column": .int(span.start.column)]
  }
}
