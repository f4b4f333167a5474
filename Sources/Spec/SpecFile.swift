// SPDX-License-Identifier: Apache-2.0

package import Core

/// What reading one spec came to.
package struct Reading: Sendable {
  /// nil when there are errors.
  package let stack: Stack?
  /// In the order of the file; warnings too.
  package let diagnostics: Diagnostics
}

/// Reads a spec: YAML, then fields, then rules, with everything that is wrong reported at once.
package enum SpecFile {
  /// How many problems are listed; the rest are counted.
  package static let mostListed = 100

  /// - Parameters:
  ///   - file: its name as diagnostics show it.
  ///   - today: for warnings about what ends on a day; without it there are none, and the same bytes read the same on
  ///     every day. No day makes an error.
  package static func read(_ bytes: [UInt8], file: String, today: Day? = nil) -> Reading {
    let document = Composer.compose(bytes, file: file)
    var found = document.diagnostics
    var stack: Stack?
    if let root = document.root {
      found += Tabs.diagnostics(bytes, root, file: file)
      let start = SourceSpan(file: file, start: root.range.start, end: root.range.start)
      var reader = Reader(file: file, home: start)
      stack = reader.section(Stack.self, root, at: nil)
      found += reader.diagnostics
      if let stack { found += Rule.all.flatMap { $0.diagnostics(stack, broken: reader.broken, today: today) } }
    }
    let diagnostics = inOrder(found)
    return Reading(stack: diagnostics.hasErrors ? nil : stack, diagnostics: diagnostics)
  }

  /// The stack and the warnings about it.
  package static func stack(_ bytes: [UInt8], file: String) throws(Diagnostics) -> (Stack, warnings: Diagnostics) {
    let reading = read(bytes, file: file)
    guard let stack = reading.stack else { throw reading.diagnostics }
    return (stack, reading.diagnostics)
  }

  /// Sorted by place, and cut where nobody reads on.
  private static func inOrder(_ found: [Diagnostic]) -> Diagnostics {
    let sorted = found.enumerated().sorted { a, b in
      let (first, second) = (a.element.span?.start, b.element.span?.start)
      guard let first, let second, first != second else { return a.offset < b.offset }
      return first < second
    }
    var diagnostics = Diagnostics(sorted.prefix(mostListed).map(\.element))
    let rest = sorted.dropFirst(mostListed)
    if !rest.isEmpty {
      let errors = rest.filter { $0.element.severity == .error }.count
      diagnostics.append(
        Diagnostic(
          errors > 0 ? .error : .note, .more, "and \(rest.count) more problems, of which \(errors) are errors",
          span: nil, hint: "mend the first ones and run again: many often have one cause"))
    }
    return diagnostics
  }
}
