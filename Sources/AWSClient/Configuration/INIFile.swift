// SPDX-License-Identifier: Apache-2.0

package import Core

/// A file in the form of `~/.aws/config`, read as the AWS command line reads it (Python's `RawConfigParser`).
///
/// Comments are whole lines that start with `#` or `;`. A name ends at the first `=` or `:`; names of settings are lower
/// case, names of sections are kept. A line that is indented deeper than its setting goes on with that setting's value. A
/// section or setting that comes twice is an error, as it is there.
package struct INIFile: Sendable, Hashable {
  package struct Section: Sendable, Hashable {
    package let header: String
    package fileprivate(set) var settings: [String: String]
  }

  package private(set) var sections: [Section] = []

  /// Fails with `invalid`, naming the file and the line, never its text.
  package init(parsing text: String, file: String) throws(CallError) {
    var parser = Parser(file: file)
    var number = 0
    // A file written on Windows ends its lines with both characters, which Swift takes for one.
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      number += 1
      try parser.take(line, number: number)
    }
    sections = parser.finished()
  }

  /// The settings nested below one (`s3 =` and indented lines); nil when the value is not of that form.
  package static func nested(_ value: String) -> [String: String]? {
    guard value.first == "\n" else { return nil }
    var result: [String: String] = [:]
    for line in value.split(separator: "\n") where !line.allSatisfy(\.isWhitespace) {
      guard let equals = line.firstIndex(of: "=") else { return nil }
      result[line[..<equals].trimmed] = line[line.index(after: equals)...].trimmed
    }
    return result
  }

  private struct Parser {
    let file: String
    private var sections: [Section] = []
    private var headers: Set<String> = []
    private var setting: (name: String, lines: [String], indent: Int)?

    init(file: String) {
      self.file = file
    }

    mutating func take(_ line: Substring, number: Int) throws(CallError) {
      let text = line.trimmed
      guard text.first != "#", text.first != ";" else { return }
      guard !text.isEmpty else {
        // Part of the value if more of it follows; trimmed otherwise.
        setting?.lines.append("")
        return
      }
      let indent = line.prefix { $0.isWhitespace }.count
      if let open = setting, indent > open.indent {
        setting?.lines.append(text)
        return
      }
      close()
      if text.first == "[", let end = text.lastIndex(of: "]"), end > text.index(after: text.startIndex) {
        let header = String(text[text.index(after: text.startIndex)..<end])
        guard headers.insert(header).inserted else {
          throw error("the section \"\(header)\" comes twice", number)
        }
        sections.append(Section(header: header, settings: [:]))
        return
      }
      try open(text, indent: indent, number: number)
    }

    private mutating func open(_ text: String, indent: Int, number: Int) throws(CallError) {
      guard let section = sections.last else { throw error("a setting stands before the first section", number) }
      guard let delimiter = text.firstIndex(where: { $0 == "=" || $0 == ":" }), delimiter > text.startIndex else {
        throw error("the line is neither a section nor \"name = value\"", number)
      }
      let name = text[..<delimiter].trimmed.lowercased()
      guard section.settings[name] == nil else { throw error("the setting \"\(name)\" comes twice", number) }
      setting = (name, [text[text.index(after: delimiter)...].trimmed], indent)
    }

    private mutating func close() {
      guard let open = setting else { return }
      var lines = open.lines
      while lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
      sections[sections.count - 1].settings[open.name] = lines.joined(separator: "\n")
      setting = nil
    }

    mutating func finished() -> [Section] {
      close()
      return sections
    }

    private func error(_ what: String, _ line: Int) -> CallError {
      CallError(.invalid, code: "InvalidConfigurationFile", message: "\(file):\(line): \(what)")
    }
  }
}
