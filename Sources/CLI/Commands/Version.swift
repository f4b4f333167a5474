// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core

struct Version: Command {
  static let configuration = CommandConfiguration(
    commandName: "version",
    abstract: "Show harecon's version.")

  /// Raised with each release; `CHANGELOG.md` says what is in it.
  static let current = "0.1.0"

  @OptionGroup var output: OutputOptions

  func run(in context: Context) async throws(Stop) -> ExitCode {
    context.console.render(VersionReport(), as: output.format)
    return .done
  }
}

struct VersionReport: Report {
  static let schema = "harecon.version/v1"

  func text(_ style: Style) -> String { "harecon \(Version.current)\n" }

  var json: JSONObject { ["version": .string(Version.current), "specVersions": ["harecon/v1"]] }
}
