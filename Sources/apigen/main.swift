// SPDX-License-Identifier: Apache-2.0

internal import APIModel
internal import Foundation

// Writes the targets AWSAPI*: one enum per service with the operations that the markers in the sources name, and everything
// that those reach; the list of these operations; the registry of kinds; the sources of the functions as Swift.
//
// apigen --models FOLDER [--root FOLDER] [--check]
//
// With --check nothing is written: it exits 1 when what is there is not what would be written.

struct Arguments {
  var models: URL?
  var root = URL(filePath: FileManager.default.currentDirectoryPath)
  var isCheck = false

  init(_ words: some Sequence<String>) throws(ModelError) {
    var words = words.makeIterator()
    while let word = words.next() {
      switch word {
      case "--models": models = words.next().map { URL(filePath: $0) }
      case "--root": root = words.next().map { URL(filePath: $0) } ?? root
      case "--check": isCheck = true
      default: throw ModelError("no such argument: \"\(word)\"; apigen --models FOLDER [--root FOLDER] [--check]")
      }
    }
  }
}

func run(_ arguments: Arguments) throws(ModelError) {
  guard let models = arguments.models else { throw ModelError("--models FOLDER is missing") }
  let generation = try Generation(root: arguments.root, models: models)
  guard arguments.isCheck else { return try generation.write() }
  let stale = generation.stale
  if !stale.isEmpty {
    throw ModelError("not what the models and the markers say: \(stale.joined(separator: ", ")); run: make generate")
  }
}

do {
  try run(try Arguments(CommandLine.arguments.dropFirst()))
} catch {
  FileHandle.standardError.write(Data("apigen: \(error)\n".utf8))
  exit(1)
}
