// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core
internal import Spec

struct Explain: Command {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explain a field of the spec, or a rule.",
    discussion: "harecon explain cluster.members.tier; harecon explain HA012; harecon explain for the whole spec.")

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
    case markdown
  }

  @Argument(help: "A field's path, or a rule's id or name; nothing for the top of the spec.")
  var path: String = ""

  @Option(
    name: [.short, .customLong("output")], help: "Form of the answer: text, json, or markdown for the whole reference.")
  var output: Form = .text

  @Flag(name: .long, help: "The same as -o json.")
  var json = false

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
    switch json ? .json : output {
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

  var json: JSONObject { explanation.json }
}
