// SPDX-License-Identifier: Apache-2.0

internal import APIModel
internal import AWSClient
internal import Core
internal import Foundation

/// All generated files, as the models, the markers, the kinds and the functions say they should be.
struct Generation {
  private let root: URL
  /// Path below the root → text.
  private(set) var files: [String: String] = [:]

  /// - Parameter models: holds `<service>/<version>/service-2.json` and `paginators-1.json`, as botocore's `data` does.
  init(root: URL, models: URL) throws(ModelError) {
    self.root = root
    let markers = try Markers(root: root)
    for service in Service.all {
      let model = try Self.readModel(service, in: models, additions: root.appending(path: "Tests/Models"))
      let emitter = try ServiceEmitter(service, model, operations: markers.operations[service.folder] ?? [])
      for (name, text) in emitter.files { files["Sources/\(service.target)/Generated/\(name)"] = text }
    }
    let ofOperator = try Markers(root: root, folders: Markers.operatorFolders)
    files.merge(CalledOperationsFile(operations: ofOperator.operations).files) { _, new in new }
    files.merge(try KindRegistry(root: root).files) { _, new in new }
    files.merge(try FunctionFiles(root: root).files) { _, new in new }
  }

  /// Those that differ from what is on disk, sorted.
  var stale: [String] {
    files.keys.sorted().filter { path in
      FileManager.default.contents(atPath: root.appending(path: path).path) != files[path].map { Data($0.utf8) }
    }
  }

  /// Writes what is stale.
  func write() throws(ModelError) {
    for path in stale {
      let file = root.appending(path: path)
      do {
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data((files[path] ?? "").utf8).write(to: file)
      } catch {
        throw ModelError("cannot write \"\(file.path)\": \(error)")
      }
    }
  }

  private static func readModel(
    _ service: Service, in folder: URL, additions: URL
  ) throws(ModelError) -> APIModel {
    let versions = folder.appending(path: service.folder)
    guard let latest = try? FileManager.default.contentsOfDirectory(atPath: versions.path).max() else {
      throw ModelError("no models in \"\(versions.path)\": run Tests/vectors.sh")
    }
    return try APIModel(
      name: service.folder, model: readJSON(versions.appending(path: "\(latest)/service-2.json")),
      additions: readIfThere(additions.appending(path: "\(service.folder)/\(latest)/service-2.sdk-extras.json")),
      paginators: readIfThere(versions.appending(path: "\(latest)/paginators-1.json")))
  }

  private static func readIfThere(_ file: URL) throws(ModelError) -> JSON? {
    FileManager.default.fileExists(atPath: file.path) ? try readJSON(file) : nil
  }

  private static func readJSON(_ file: URL) throws(ModelError) -> JSON {
    guard let data = FileManager.default.contents(atPath: file.path) else {
      throw ModelError("cannot read \"\(file.path)\"")
    }
    do {
      return try JSON(parsing: Array(data))
    } catch {
      throw ModelError("\(file.path): \(error)")
    }
  }
}
