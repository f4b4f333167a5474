// SPDX-License-Identifier: Apache-2.0

internal import Core

/// What a file can get wrong before it is even a spec.
extension Diagnostic {
  static func tooLarge(file: String, limit: Int) -> Diagnostic {
    Diagnostic(
      .error, .fileSize, "the file is larger than \(limit >> 20) MiB", span: .startOf(file),
      hint: "a spec describes one stack and takes a few kilobytes")
  }

  static func emptyFile(file: String) -> Diagnostic {
    Diagnostic(
      .error, .empty, "there is no spec in the file", span: .startOf(file),
      hint: "`harecon init` writes one to start from")
  }

  static func secondDocument(_ span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error, .documents, "a second document begins here", span: span,
      hint: "keep one stack in one file, and give harecon the files one by one")
  }

  static func tag(_ tag: String, _ span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error, .tag, "the tag \"\(tag)\" is not supported", span: span,
      hint: "remove it: every field knows its type; text is put in quotes")
  }

  static func keyIsNoText(_ span: SourceSpan) -> Diagnostic {
    Diagnostic(.error, .key, "a key must be a word", span: span, hint: "lists and mappings cannot be keys")
  }

  static func mergeKey(_ span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error, .mergeKey, "merge keys (\"<<\") are not supported: YAML 1.2 has none", span: span,
      hint: "write the keys out, or share one whole value with an anchor and an alias")
  }

  static func duplicateKey(_ key: String, _ span: SourceSpan, first: SourcePosition) -> Diagnostic {
    Diagnostic(
      .error, .duplicateKey, "\"\(key)\" is given twice", span: span, hint: "keep one of the two",
      notes: ["the first is in line \(first.line)"])
  }

  static func unknownAlias(_ name: String, _ span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error, .alias, "the alias \"*\(name)\" stands for nothing that ends before it", span: span,
      hint: "define it above with \"&\(name)\", or put the text in quotes if it is none")
  }

  static func expansion(_ span: SourceSpan, limit: Int) -> Diagnostic {
    Diagnostic(
      .error, .expansion, "aliases blow the file up to more than \(limit) values", span: span,
      hint: "write the values out instead of repeating them by aliases of aliases")
  }

  static func tooManyNodes(_ span: SourceSpan, limit: Int) -> Diagnostic {
    Diagnostic(
      .error, .fileSize, "the file has more than \(limit) keys and values", span: span,
      hint: "a spec describes one stack and takes a few hundred")
  }

  static func tooDeep(_ span: SourceSpan, limit: Int) -> Diagnostic {
    Diagnostic(
      .error, .depth, "lists and mappings are nested more than \(limit) deep", span: span,
      hint: "a spec is at most five deep")
  }

  static func tab(_ span: SourceSpan) -> Diagnostic {
    Diagnostic(.error, .tab, "a tab indents this line", span: span, hint: "indent with spaces")
  }

  /// libyaml's words, with the way out for the mistakes that are made most.
  static func syntax(_ error: SyntaxError, _ bytes: [UInt8], file: String) -> Diagnostic {
    let position = error.position ?? SourceText.position(ofByte: error.byteOffset, in: bytes)
    let end = SourcePosition(line: position.line, column: position.column + 1)
    let span = SourceSpan(file: file, start: position, end: end)
    let line = SourceText.indentation(ofLine: position.line, in: bytes)
    if line.contains("\t") {
      let tab = line.unicodeScalars.prefix { $0 != "\t" }.count + 1
      return .tab(
        SourceSpan(
          file: file, start: SourcePosition(line: position.line, column: tab),
          end: SourcePosition(line: position.line, column: line.unicodeScalars.count + 1)))
    }
    var notes: [String] = []
    if let context = error.context, let start = error.contextStart {
      notes.append("\(context) from line \(start.line)")
    }
    return Diagnostic(
      .error, .syntax, "this is not YAML: \(error.problem)", span: span, hint: hint(for: error.problem), notes: notes)
  }

  private static func hint(for problem: String) -> String? {
    let hints = [
      ("mapping values are not allowed", "put a value with \": \" in it in quotes, or check the indentation"),
      ("cannot start any token", "put a value that begins with a special character in quotes"),
      ("expected key", "check the indentation of this line and the quotes before it"),
      ("could not find expected ':'", "a key is followed by a colon and a space"),
      ("unexpected end of stream", "a quote or a bracket above is not closed"),
      ("expected ',' or", "a bracket above is not closed, or a comma is missing"),
      ("block sequence entries are not allowed", "begin the list on a line of its own"),
      ("expected '-' indicator", "check the indentation of this line"),
      ("control characters", "remove the character that cannot be seen"),
      ("UTF-8", "save the file as UTF-8"),
    ]
    return hints.first { problem.contains($0.0) }?.1
  }
}

extension Diagnostic {
  init(
    _ severity: Severity, _ rule: SpecRule, _ message: String, span: SourceSpan?, hint: String? = nil,
    notes: [String] = []
  ) {
    self.init(severity, rule: rule.rawValue, message, span: span, hint: hint, notes: notes)
  }
}

extension SourceSpan {
  static func startOf(_ file: String) -> SourceSpan {
    SourceSpan(file: file, start: SourcePosition(line: 1, column: 1), end: SourcePosition(line: 1, column: 1))
  }
}
