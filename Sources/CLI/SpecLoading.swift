// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import FoundationEssentials
internal import Spec

/// A spec as it was read.
struct LoadedSpec: Sendable {
  /// As the user named it.
  let file: String
  let bytes: [UInt8]
  let reading: Reading

  /// - Parameter today: for warnings about what ends on a day; they are no part of the stack.
  init(file: String, bytes: [UInt8], today: Day?) {
    self.file = file
    self.bytes = bytes
    reading = SpecFile.read(bytes, file: file, today: today)
  }

  /// For underlining.
  var sources: [String: SourceText] { [file: SourceText(bytes)] }
}

extension Context {
  /// The spec that the command is about, read whole; its errors are in it, not thrown.
  func readSpec(_ options: SpecOptions) throws(Stop) -> LoadedSpec {
    // CI systems set a variable that has no value to an empty text.
    let named = environment["HARECON_FILE"].flatMap { $0.isEmpty ? nil : $0 }
    guard let file = options.file ?? named else { return try load(onlySpec()) }
    return try load(file)
  }

  /// A spec without errors; warnings go to the story.
  func loadSpec(_ options: SpecOptions) throws(Stop) -> (LoadedSpec, Stack) {
    let spec = try readSpec(options)
    return (spec, try stack(of: spec))
  }

  /// What the spec says; what it should say otherwise goes to the story, underlined.
  func stack(of spec: LoadedSpec) throws(Stop) -> Stack {
    guard let stack = spec.reading.stack else {
      throw Stop(.invalid, spec.reading.diagnostics.all, in: spec.sources)
    }
    tell(spec.reading.diagnostics.all, sources: spec.sources)
    return stack
  }

  private func load(_ file: String) throws(Stop) -> LoadedSpec {
    LoadedSpec(file: file, bytes: try read(file), today: today())
  }

  func read(_ file: String) throws(Stop) -> [UInt8] {
    do throws(FileError) {
      return try DurableFile.read(file, limit: Self.largestSpec)
    } catch {
      throw Stop(
        .invalid,
        [Diagnostic(.error, rule: "cli.unreadable-file", "cannot read \(error)", hint: "name a file that can be read")])
    }
  }

  /// Far above what any spec is allowed; the reader itself says what its limit is.
  private static let largestSpec = 64 * 1024 * 1024

  private func onlySpec() throws(Stop) -> String {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: "specs")) ?? [])
      .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
    if names.count == 1, let name = names.first { return "specs/\(name)" }
    guard !names.isEmpty else {
      throw .usage(
        "no spec was named and there is none in specs/", "run \"harecon init\" for a first one, or name one with -f")
    }
    let choices = names.map { "-f specs/\($0)" }.joined(separator: ", ")
    throw .usage("no spec was named and specs/ holds \(names.count)", "name one: \(choices)")
  }
}
