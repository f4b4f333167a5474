// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

extension OutputFormat: ExpressibleByArgument {}

/// What every command takes.
struct OutputOptions: ParsableArguments {
  @Option(name: [.short, .customLong("output")], help: "Form of the answer: text or json.")
  var output: OutputFormat?

  @Flag(name: .long, help: "The same as -o json.")
  var json = false

  var format: OutputFormat { json ? .json : output ?? .text }
}

/// Which spec a command is about.
struct SpecOptions: ParsableArguments {
  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: ArgumentHelp("The spec; by default the only one in specs/ (environment: HARECON_FILE).", valueName: "spec"))
  var file: String?
}

/// Whether, and how, to go ahead with changes.
struct ApprovalOptions: ParsableArguments {
  @Flag(name: .long, help: "Do not ask before changing anything.")
  var autoApprove = false

  @Option(name: .long, help: "How many steps may be under way at once.")
  var parallelism: Int = 16

  func validate() throws {
    guard parallelism > 0 else { throw ValidationError("-parallelism \(parallelism): at least 1 step must be allowed") }
  }
}
