// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core
internal import FoundationEssentials
internal import Spec

struct Init: Command {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a commented first spec and CI workflows; calls nothing.")

  @Option(name: .long, help: "The stack's name.")
  var name: String = "payments"

  @Option(name: .long, help: "The AWS account, 12 digits.")
  var account: String?

  @Option(name: .long, help: "The AWS region.")
  var region: String?

  @Flag(name: .customLong("no-ci"), help: "Write the spec alone.")
  var noCI = false

  @OptionGroup var output: OutputOptions

  func run(in context: Context) async throws(Stop) -> ExitCode {
    let spec = StarterSpec.text(name: name, account: account, region: region)
    let path = "specs/\(name).yaml"
    let reading = SpecFile.read(Array(spec.utf8), file: path)
    guard !reading.diagnostics.hasErrors else {
      let wrong = wrongOptions(reading.diagnostics.all)
      guard wrong.isEmpty else { throw Stop(.invalid, wrong) }
      throw Stop(.invalid, reading.diagnostics.all, in: [path: SourceText(spec)])
    }
    var files = [(path: path, text: spec)]
    if !noCI { files += Workflows.files(spec: path, region: reading.stack?.region ?? "us-east-1") }
    try mustBeNew(files.map(\.path))
    for file in files { try write(file.text, to: file.path) }
    context.console.render(InitReport(files: files.map(\.path), spec: path), as: output.format)
    return .done
  }

  /// What the starter's reader says of the options themselves: a place in a file that is not there helps nobody.
  private func wrongOptions(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    let options = [("-name", name), ("-account", account), ("-region", region)]
    return options.compactMap { option, value in
      guard let value, let wrong = diagnostics.first(where: { $0.message.hasPrefix("\"\(value)\" is not ") }) else {
        return nil
      }
      return Diagnostic(
        .error, rule: wrong.rule, "\(option): \(wrong.message)", hint: "correct \(option); nothing was written")
    }
  }

  /// Everything is checked before anything is written.
  private func mustBeNew(_ paths: [String]) throws(Stop) {
    let there = paths.filter { FileManager.default.fileExists(atPath: $0) }
    guard let first = there.first else { return }
    throw .usage("\"\(first)\" is there already", "remove it first, or choose another -name; nothing was written")
  }

  private func write(_ text: String, to path: String) throws(Stop) {
    let folder = path.split(separator: "/").dropLast().joined(separator: "/")
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw .unwritable(FileError(path: folder, message: "the folder cannot be made"))
    }
    do throws(FileError) {
      try DurableFile.write(Array(text.utf8), to: path)
    } catch {
      throw .unwritable(error)
    }
  }
}

struct InitReport: Report {
  static let schema = "harecon.init/v1"

  let files: [String]
  let spec: String

  func text(_ style: Style) -> String {
    files.map { "wrote \($0)\n" }.joined()
      + "next: fill in the account and the clients in \(spec), then harecon validate -f \(spec)\n"
  }

  var json: JSONObject { ["files": .strings(files)] }
}
