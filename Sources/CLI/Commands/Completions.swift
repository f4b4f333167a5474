// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core

struct Completions: Command {
  static let configuration = CommandConfiguration(
    abstract: "Print the completion script of a shell.",
    discussion: "For bash: harecon completions bash > /etc/bash_completion.d/harecon")

  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash
    case zsh
    case fish
  }

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  func run(in context: Context) async throws(Stop) -> ExitCode {
    let kind: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    context.console.answer(HareconCommand.completionScript(for: kind))
    return .done
  }
}
