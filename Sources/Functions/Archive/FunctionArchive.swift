// SPDX-License-Identifier: Apache-2.0

internal import Core

/// The code of one function as Lambda takes it: a zip file that is the same, byte for byte, wherever it is made.
///
/// Lambda says of a function's code only its hash, so that equal sources must make equal bytes: on every machine, in every
/// order of files, at every time. Inside, files stand as they do below `Sources/Functions`: the function's own folder and
/// what all functions share.
package struct FunctionArchive: Sendable, Hashable {
  /// What Lambda is to call: `health.handler.handle`, the function `handle` of `health/handler.py`.
  package let handler: String
  /// The zip file.
  package let bytes: [UInt8]

  /// - Parameter authorities: who may sign the database's certificates, in PEM; nil for those that Lambda's runtimes trust.
  package init(_ function: FunctionName, authorities: String? = nil) {
    self.init(function.rawValue, in: FunctionSources.all, authorities: authorities)
  }

  /// - Parameter sources: path below `Sources/Functions` → text.
  init(_ function: String, in sources: [String: String], authorities: String? = nil) {
    handler = "\(function).handler.handle"
    var files = sources.filter { $0.key.hasPrefix("\(function)/") || $0.key.hasPrefix("shared/") }
    // Where `shared/postgres.py` looks for it.
    files["shared/authorities.pem"] = authorities
    bytes = ZipFile.bytes(files.mapValues { Array($0.utf8) })
  }

  /// The hash by which Lambda tells code apart: SHA-256 of the zip file in base 64, its `CodeSha256`.
  package var sha256: String { Base64.encode(Digest.sha256(bytes)) }
}
