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
      CommandGroup(name: "About harecon", subcommands: [IAMCommand.self, Version.self, Completions.self]),
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
    let code = await run(arguments, in: context)
    guard let reason = context.console.unwritten else { return code }
    context.tell(.unwritten(reason))
    // An answer that nobody got is no success; a failure stays what it is.
    return [ExitCode.done.rawValue, ExitCode.changesPending.rawValue].contains(code) ? ExitCode.error.rawValue : code
  }

  private static func run(_ arguments: [String], in context: Context) async -> Int32 {
    if let stop = unknownCommand(arguments) { return end(stop, arguments, in: context) }
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
      return end(stop, arguments, in: context)
    } catch {
      guard HareconCommand.exitCode(for: error) == .success else {
        return end(refusal(of: arguments, HareconCommand.message(for: error)), arguments, in: context)
      }
      context.console.answer(HareconCommand.fullMessage(for: error, columns: context.console.width))
      return ExitCode.done.rawValue
    }
  }

  private static func end(_ stop: Stop, _ arguments: [String], in context: Context) -> Int32 {
    context.tell(stop)
    if Arguments.wantJSON(arguments) { context.console.render(StopReport(stop: stop), as: .json) }
    return stop.exitCode.rawValue
  }

  /// What the argument parser does not take, with the way out.
  private static func refusal(of arguments: [String], _ message: String) -> Stop {
    let command = arguments.first.map { "harecon \($0)" } ?? "harecon"
    let spec = arguments.dropFirst().first { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
    if let spec, message.contains("'\(spec)'") {
      return .usage("\"\(command)\" takes no spec as its argument", "name the spec with -f \(spec)")
    }
    return .usage(message.prefix(1).lowercased() + message.dropFirst(), "\"\(command) -help\" shows what it takes")
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

extension Stop {
  fileprivate static func unwritten(_ reason: String) -> Stop {
    Stop(
      .error,
      [
        Diagnostic(
          .error, rule: "cli.unwritten", "the answer cannot be written to standard output: \(reason)",
          hint: "what the command changed, it has changed: see where its output goes, and plan again")
      ])
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
