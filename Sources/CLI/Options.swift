// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core

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

/// Whether to go ahead with changes unasked.
struct ApprovalOptions: ParsableArguments {
  @Flag(name: .long, help: "Do not ask before changing anything.")
  var autoApprove = false
}

/// How much is done at once.
struct ParallelismOptions: ParsableArguments {
  @Option(name: .long, help: "How many steps may be under way at once.")
  var parallelism: Int = 16

  func validate() throws {
    guard parallelism > 0 else { throw ValidationError("-parallelism \(parallelism): at least 1 step must be allowed") }
  }
}

/// What becomes of the data when a stack is taken down.
struct DataOptions: ParsableArguments {
  @Flag(name: .customLong("keep-data"), help: "Leave everything that holds data, and what it needs, as it is.")
  var keepData = false

  @Flag(name: .customLong("discard-data"), help: "Take no last snapshot.")
  var discardData = false

  func validate() throws {
    guard !(keepData && discardData) else {
      throw ValidationError("-keep-data and -discard-data contradict each other")
    }
  }

  /// - Parameter stamp: of the names of last snapshots.
  func policy(stamp: String) -> Plan.DataPolicy {
    if keepData { return .keep }
    return discardData ? .discard : .snapshot(stamp: stamp)
  }
}

/// The stack's name, without which nothing takes it down.
struct ConfirmationOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("The stack's name, to confirm without a prompt that it is taken down.", valueName: "name"))
  var confirm: String?

  /// - Throws: when the name that was given, or typed at the prompt, is not that of the stack, and when the name was not
  ///   given by somebody who does not want to be asked.
  func mustName(_ stack: String, autoApproved: Bool = false, in context: Context) throws(Stop) {
    guard confirm != nil || !autoApproved else {
      throw .usage(
        "-auto-approve is not enough to take a stack down: nothing was changed", "add -confirm \(stack)")
    }
    let given = confirm ?? context.console.ask("This takes the stack down. Type its name (\(stack)) to go ahead: ")
    guard let given else {
      throw .usage("there is nobody to ask: this is no terminal", "say -confirm \(stack)")
    }
    guard given == stack else {
      throw .usage("\"\(given)\" is not the stack's name: nothing was changed", "the name is \"\(stack)\"")
    }
  }
}
