// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core
internal import Spec

struct Schema: Command {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the JSON Schema of a spec, for editors.",
    discussion: """
      harecon schema > harecon.schema.json, then begin a spec with:
      # yaml-language-server: $schema=./harecon.schema.json
      """)

  /// JSON either way: the schema is the answer.
  @OptionGroup var output: OutputOptions

  func run(in context: Context) async throws(Stop) -> ExitCode {
    context.console.answer(JSONSchema.json.text(pretty: true, keys: .kept))
    return .done
  }
}
