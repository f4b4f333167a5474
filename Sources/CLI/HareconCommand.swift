// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core

/// The command line: words and flags to commands, and what went wrong to exit codes.
struct HareconCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "harecon",
    abstract: "Keeps a highly available Aurora PostgreSQL stack on AWS exactly as one YAML spec says.",
    discussion: """
      Long options take one dash or two: -auto-approve, --auto-approve.

      Exit codes:
        0  done, or nothing to do      5  a check failed
        1  error                       6  incomplete: the same command continues
        2  changes pending             7  stale plan, or another writer
        3  refused                     8  ownership ambiguous
        4  spec or command line        9  credentials or permission
      """,
    version: "harecon \(Version.current)",
    groupedSubcommands: [
      CommandGroup(
        name: "Write a spec", subcommands: [Init.self, Validate.self, Format.self, Explain.self, Schema.self]),
      CommandGroup(
        name: "Make it so",
        subcommands: [PlanCommand.self, Apply.self, Reconcile.self, GraphCommand.self, Destroy.self]),
      CommandGroup(name: "About harecon", subcommands: [Version.self, Completions.self]),
    ])
}

/// The argument parser has a type of that name too.
typealias ExitCode = Core.ExitCode

/// A command of ours: it is given the world it runs in and answers with an exit code.
///
/// Its configuration gives its name: to make it from the type's name costs milliseconds of every start.
protocol Command: AsyncParsableCommand {
  func run(in context: Context) async throws(Stop) -> ExitCode
}

/// The program.
package enum Program {
  /// Runs one command line to its end.
  ///
  /// - Parameters:
  ///   - arguments: without the program's name.
  /// - Returns: the process's exit code.
  package static func run(_ arguments: [String], environment: [String: String]) async -> Int32 {
    let context = Context(console: Console(environment: environment), environment: environment)
    if let stop = unknownCommand(arguments) {
      context.tell(stop)
      return stop.exitCode.rawValue
    }
    do {
      let parsed = try HareconCommand.parseAsRoot(Arguments.normalized(arguments))
      guard let command = parsed as? any Command else {
        // The parser's own: help, by name or for want of a command.
        var other = parsed
        try other.run()
        return ExitCode.done.rawValue
      }
      return try await command.run(in: context).rawValue
    } catch let stop as Stop {
      context.tell(stop)
      if Arguments.wantJSON(arguments) { context.console.render(StopReport(stop: stop), as: .json) }
      return stop.exitCode.rawValue
    } catch {
      let text = HareconCommand.fullMessage(for: error, columns: context.console.width)
      if HareconCommand.exitCode(for: error) == .success {
        context.console.answer(text)
        return ExitCode.done.rawValue
      }
      context.console.tell(text)
      return ExitCode.invalid.rawValue
    }
  }

  /// The first word when it is no command; the argument parser would call it unexpected and leave it at that.
  private static func unknownCommand(_ arguments: [String]) -> Stop? {
    guard let word = arguments.first, !word.hasPrefix("-"), word != "help" else { return nil }
    let known = HareconCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
    guard !known.contains(word) else { return nil }
    let near = Spelling.nearest(to: word, among: known)
    return .usage(
      "harecon has no command \"\(word)\"", near.map { "did you mean \"\($0)\"?" } ?? "\"harecon help\" lists them")
  }
}

/// Why a command stopped, for scripts; people read it on standard error.
struct StopReport: Report {
  static let schema = "harecon.error/v1"

  let stop: Stop

  func text(_ style: Style) -> String { "" }

  var json: JSONObject {
    ["exitCode": .int(Int(stop.exitCode.rawValue)), "diagnostics": stop.diagnostics.json]
  }
}
