// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core
internal import Spec

struct Explain: Command {
  static let configuration = CommandConfiguration(
    abstract: "Explain a field of the spec, or a rule.",
    discussion: "harecon explain cluster.members.tier; harecon explain HA012; harecon explain for the whole spec.")

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
    case markdown
  }

  @Argument(help: "A field's path, or a rule's id or name; nothing for the top of the spec.")
  var path: String = ""

  @Option(name: [.short, .customLong("output")], help: "Form of the answer: text, json, or markdown for the whole reference.")
  var output: Form = .text

  func validate() throws {
    guard output != .markdown || path.isEmpty else {
      throw ValidationError("-o markdown is the whole reference: leave the path out")
    }
  }

  func run(in context: Context) async throws(Stop) -> ExitCode {
    let explanation: Explanation
    do throws(Diagnostics) {
      explanation = try Explanation.of(path)
    } catch {
      throw Stop(.invalid, error.all)
    }
    switch output {
    case .text: context.console.render(ExplanationReport(explanation: explanation), as: .text)
    case .json: context.console.render(ExplanationReport(explanation: explanation), as: .json)
    case .markdown: context.console.answer(Reference.markdown)
    }
    return .done
  }
}

struct ExplanationReport: Report {
  static let schema = "harecon.explanation/v1"

  let explanation: Explanation

  func text(_ style: Style) -> String { explanation.text }

  var json: JSONObject {
    switch explanation {
    case .section(let path, let field, let children):
      var object: JSONObject = ["path": .string(path)]
      if let field { Self.describe(field, in: &object) }
      object["fields"] = .array(
        children.map { child in
          var member: JSONObject = ["name": .string(child.name)]
          Self.describe(child, in: &member)
          return .object(member)
        })
      return object
    case .field(let path, let field):
      var object: JSONObject = ["path": .string(path)]
      Self.describe(field, in: &object)
      return object
    case .rule(let rule):
      return [
        "rule": .string(rule.id), "name": .string(rule.name), "severity": .string(rule.severity.rawValue),
        "what": .string(rule.what), "why": .optional(rule.why), "wayOut": .optional(rule.wayOut),
      ]
    }
  }

  private static func describe(_ field: FieldDescription, in object: inout JSONObject) {
    object["type"] = .string(field.noun)
    object["presence"] = .string(field.presenceText)
    object["documentation"] = .string(field.documentation)
    if let example = field.example { object["example"] = .string(example) }
    object["since"] = .string(field.since)
  }
}
