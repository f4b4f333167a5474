// SPDX-License-Identifier: Apache-2.0

internal import APIModel
internal import Foundation

/// The operations in use, read off the lines `// aws: <service> <Operation> <Operation> ...` of the sources.
struct Markers: Sendable {
  /// By botocore's folder name.
  private(set) var operations: [String: Set<String>] = [:]

  /// The folders below `Sources` whose files call AWS for harecon, in the name of whoever runs it.
  static let operatorFolders = ["AWSClient", "CLI", "Preflights", "Resources", "Trail"]
  /// Those whose files call AWS in an application.
  static let applicationFolders = ["ReplayClient"]

  init(root: URL, folders: [String] = operatorFolders + applicationFolders) throws(ModelError) {
    for folder in folders {
      let sources = root.appending(path: "Sources/\(folder)")
      let paths = FileManager.default.enumerator(atPath: sources.path)?.compactMap { $0 as? String } ?? []
      for path in paths.sorted() where path.hasSuffix(".swift") {
        let file = sources.appending(path: path)
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
          throw ModelError("cannot read \"\(file.path)\"")
        }
        try read(text, from: "Sources/\(folder)/\(path)")
      }
    }
  }

  private mutating func read(_ text: String, from path: String) throws(ModelError) {
    let known = Set(Service.all.map(\.folder))
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = line.drop { $0 == " " }
      guard line.hasPrefix("// aws: ") else { continue }
      let words = line.dropFirst("// aws: ".count).split(separator: " ").map(String.init)
      guard let service = words.first, known.contains(service) else {
        throw ModelError("\(path):\(index + 1): no target for the service \"\(words.first ?? "")\"")
      }
      operations[service, default: []].formUnion(words.dropFirst())
    }
  }
}
