// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core
internal import Spec

struct Validate: Command {
  static let configuration = CommandConfiguration(
    abstract: "Check a spec: form, rules of high availability, the failover sum; calls nothing.")

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
    case sarif
  }

  @OptionGroup var spec: SpecOptions

  @Option(name: [.short, .customLong("output")], help: "Form of the answer: text, json or sarif.")
  var output: Form = .text

  func run(in context: Context) async throws(Stop) -> ExitCode {
    let loaded = try context.readSpec(spec)
    let diagnostics = loaded.reading.diagnostics
    switch output {
    case .text:
      context.tell(diagnostics.all, sources: loaded.sources)
      context.console.render(ValidationReport(spec: loaded), as: .text)
    case .json:
      context.console.render(ValidationReport(spec: loaded), as: .json)
    case .sarif:
      break
    }
    return diagnostics.hasErrors ? .invalid : .done
  }
}

/// What is wrong with a spec, and how many resources a right one asks for.
struct ValidationReport: Report {
  static let schema = "harecon.validation/v1"

  let spec: LoadedSpec

  func text(_ style: Style) -> String {
    guard spec.reading.diagnostics.hasErrors else { return "\(spec.file) is valid\n" }
    return "\(spec.file) is not valid\n"
  }

  var json: JSONObject {
    [
      "file": .string(spec.file), "valid": .bool(!spec.reading.diagnostics.hasErrors),
      "diagnostics": .array(spec.reading.diagnostics.all.map { .object(JSONObject($0)) }),
    ]
  }
}
