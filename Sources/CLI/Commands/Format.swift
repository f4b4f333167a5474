// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core
internal import Spec

struct Format: Command {
  static let configuration = CommandConfiguration(
    commandName: "fmt", abstract: "Bring a spec into its canonical form; comments stay.")

  @OptionGroup var spec: SpecOptions
  @OptionGroup var output: OutputOptions

  @Flag(name: .long, help: "Change nothing; exit 5 when the file is not in canonical form.")
  var check = false

  func run(in context: Context) async throws(Stop) -> ExitCode {
    let loaded = try context.readSpec(spec)
    let formatted = try format(loaded)
    let isCanonical = Array(formatted.utf8) == loaded.bytes
    if !isCanonical && !check {
      do throws(FileError) {
        try DurableFile.write(Array(formatted.utf8), to: loaded.file)
      } catch {
        throw .unwritable(error)
      }
    }
    context.console.render(
      FormatReport(file: loaded.file, wasCanonical: isCanonical, isChanged: !isCanonical && !check), as: output.format)
    return isCanonical || !check ? .done : .checkFailed
  }

  private func format(_ loaded: LoadedSpec) throws(Stop) -> String {
    do throws(Diagnostics) {
      return try SpecFormat.formatted(loaded.bytes, file: loaded.file)
    } catch {
      throw Stop(.invalid, error.all, in: loaded.sources)
    }
  }
}

struct FormatReport: Report {
  static let schema = "harecon.format/v1"

  let file: String
  let wasCanonical: Bool
  let isChanged: Bool

  func text(_ style: Style) -> String {
    if wasCanonical { return "\(file) is in canonical form\n" }
    return isChanged
      ? "\(file) was brought into canonical form\n" : "\(file) is not in canonical form: harecon fmt -f \(file)\n"
  }

  var json: JSONObject {
    ["file": .string(file), "canonical": .bool(wasCanonical), "changed": .bool(isChanged)]
  }
}

extension Stop {
  static func unwritable(_ error: FileError) -> Stop {
    Stop(.error, [Diagnostic(.error, rule: "cli.unwritable-file", "cannot write \(error)", hint: "name another file")])
  }
}
