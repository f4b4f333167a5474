// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation

/// Where `Tests/vectors.sh` put AWS's and botocore's cases.
enum VectorFiles {
  static var folder: URL {
    if let path = ProcessInfo.processInfo.environment["HARECON_VECTORS"] { return URL(filePath: path) }
    return URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.build/vectors").standardized
  }

  static func json(_ path: String) throws -> JSON {
    try JSON(parsing: Array(try data(path)))
  }

  static func text(_ path: String) throws -> String {
    String(decoding: try data(path), as: UTF8.self)
  }

  static func names(in path: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.appending(path: path).path).sorted()
  }

  private static func data(_ path: String) throws -> Data {
    guard let data = FileManager.default.contents(atPath: folder.appending(path: path).path) else {
      throw MissingVectors(path: folder.appending(path: path).path)
    }
    return data
  }
}

struct MissingVectors: Error, CustomStringConvertible {
  let path: String

  var description: String { "no \"\(path)\": run Tests/vectors.sh first" }
}
