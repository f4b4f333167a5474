// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core
internal import Spec

struct Validate: Command {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Check a spec: form, rules of high availability, the failover sum; calls nothing.")

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
    case sarif
  }

  @OptionGroup var spec: SpecOptions

  @Option(name: [.short, .customLong("output")], help: "Form of the answer: text, json or sarif.")
  var output: Form = .text

  @Flag(name: .long, help: "The same as -o json.")
  var json = false

  func run(in context: Context) async throws(Stop) -> ExitCode {
    let loaded = try context.readSpec(spec)
    let diagnostics = loaded.reading.diagnostics
    switch json ? .json : output {
    case .text:
      context.tell(diagnostics.all, sources: loaded.sources)
      context.console.render(ValidationReport(spec: loaded), as: .text)
    case .json:
      context.console.render(ValidationReport(spec: loaded), as: .json)
    case .sarif:
      let log = diagnostics.sarif(rules: Explanation.rules, toolVersion: Version.current)
      context.console.answer(log.text(pretty: true, keys: .kept))
    }
    return diagnostics.hasErrors ? .invalid : .done
  }
}

/// Whether a spec is right, and how long a failover of a right one takes at most.
struct ValidationReport: Report {
  static let schema = "harecon.validation/v1"

  let spec: LoadedSpec

  private var failover: FailoverView? { spec.reading.stack.map { FailoverView($0) } }

  func text(_ style: Style) -> String {
    let count = DiagnosticRenderer.summary(spec.reading.diagnostics.all)
    guard let failover else {
      return "\(spec.file) is not valid" + (count.map { ": \($0)" } ?? "") + "\n"
    }
    return "\(spec.file) is valid\(count.map { ", with \($0)" } ?? "")\n\(failover.text)"
  }

  var json: JSONObject {
    var object: JSONObject = [
      "file": .string(spec.file), "valid": .bool(!spec.reading.diagnostics.hasErrors),
      "diagnostics": spec.reading.diagnostics.json,
    ]
    if let failover { object["failover"] = .object(failover.json) }
    return object
  }
}
