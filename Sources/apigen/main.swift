// SPDX-License-Identifier: Apache-2.0

internal import APIModel
internal import AWSClient
internal import Core
internal import Foundation

// Writes the targets AWSAPI*: one enum per service with the operations that the markers in the sources name, and everything
// that those reach. Also writes the registry of kinds.
//
// apigen --models FOLDER [--root FOLDER] [--check]
//
// The folder of models holds `<service>/<version>/service-2.json` and `paginators-1.json`, as botocore's `data` does. With
// --check nothing is written: it exits 1 when what is there is not what would be written.

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

func readModel(_ service: Service, in folder: URL) throws(ModelError) -> APIModel {
  let versions = folder.appending(path: service.folder)
  guard let latest = try? FileManager.default.contentsOfDirectory(atPath: versions.path).max() else {
    throw ModelError("no models in \"\(versions.path)\": run Tests/vectors.sh")
  }
  let paginators = versions.appending(path: "\(latest)/paginators-1.json")
  return try APIModel(
    name: service.folder, model: readJSON(versions.appending(path: "\(latest)/service-2.json")),
    paginators: FileManager.default.fileExists(atPath: paginators.path) ? readJSON(paginators) : nil)
}

func readJSON(_ file: URL) throws(ModelError) -> JSON {
  guard let data = FileManager.default.contents(atPath: file.path) else {
    throw ModelError("cannot read \"\(file.path)\"")
  }
  do {
    return try JSON(parsing: Array(data))
  } catch {
    throw ModelError("\(file.path): \(error)")
  }
}

/// The generated files of all services: path below the root → text.
func generate(_ arguments: Arguments) throws(ModelError) -> [String: String] {
  guard let models = arguments.models else { throw ModelError("--models FOLDER is missing") }
  let markers = try Markers(root: arguments.root)
  var files = try KindRegistry(root: arguments.root).files
  for service in Service.all {
    let model = try readModel(service, in: models)
    let emitter = try ServiceEmitter(service, model, operations: markers.operations[service.folder] ?? [])
    for (name, text) in emitter.files { files["Sources/\(service.target)/Generated/\(name)"] = text }
  }
  return files
}

/// Those that differ from what is on disk, sorted.
func stale(_ files: [String: String], below root: URL) -> [String] {
  files.keys.sorted().filter { path in
    FileManager.default.contents(atPath: root.appending(path: path).path) != files[path].map { Data($0.utf8) }
  }
}

func write(_ text: String, to file: URL) throws(ModelError) {
  do {
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  } catch {
    throw ModelError("cannot write \"\(file.path)\": \(error)")
  }
}

do {
  let arguments = try Arguments(CommandLine.arguments.dropFirst())
  let files = try generate(arguments)
  let changed = stale(files, below: arguments.root)
  if arguments.isCheck {
    if !changed.isEmpty {
      print("not what the models and the markers say: \(changed.joined(separator: ", ")); run: make generate")
      exit(1)
    }
  } else {
    for path in changed { try write(files[path] ?? "", to: arguments.root.appending(path: path)) }
  }
} catch {
  FileHandle.standardError.write(Data("apigen: \(error)\n".utf8))
  exit(1)
}
