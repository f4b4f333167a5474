// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core

struct Completions: Command {
  static let configuration = CommandConfiguration(
    commandName: "completions",
    abstract: "Print the completion script of a shell.",
    discussion: "For bash: harecon completions bash > /etc/bash_completion.d/harecon")

  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash
    case zsh
    case fish
  }

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  @OptionGroup var output: OutputOptions

  func run(in context: Context) async throws(Stop) -> ExitCode {
    let kind: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    let report = CompletionsReport(shell: shell.rawValue, script: HareconCommand.completionScript(for: kind))
    context.console.render(report, as: output.format)
    return .done
  }
}

struct CompletionsReport: Report {
  static let schema = "harecon.completions/v1"

  let shell: String
  let script: String

  func text(_ style: Style) -> String { script }

  var json: JSONObject { ["shell": .string(shell), "script": .string(script)] }
}
