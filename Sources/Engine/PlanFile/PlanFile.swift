// SPDX-License-Identifier: Apache-2.0

package import Core

/// A plan as it was saved, with the spec that it was made from, so that it can be carried out by itself.
package struct SavedPlan: Sendable, Hashable {
  package let plan: Plan
  /// The spec's name as the user gave it.
  package let specFile: String
  package let specText: String

  package init(plan: Plan, specFile: String, specText: String) {
    self.plan = plan
    self.specFile = specFile
    self.specText = specText
  }
}

/// A saved plan on disk: JSON with a format, the plan's digest, a checksum over all of it, and no secret.
package enum PlanFile {
  package static let format = "harecon.plan/v1"
  /// Far above any plan; a larger file is not read.
  package static let largest = 32 * 1024 * 1024

  package static func write(_ plan: SavedPlan, to path: String) throws(FileError) {
    try DurableFile.write(encode(plan), to: path)
  }

  /// - Throws: `Stop` with a diagnostic that says what is wrong with the file and what to do.
  package static func read(_ path: String) throws(Stop) -> SavedPlan {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try DurableFile.read(path, limit: largest)
    } catch {
      throw Stop(.invalid, [.planFileUnreadable(error)])
    }
    do throws(PlanFileError) {
      return try decode(bytes)
    } catch {
      throw Stop(.invalid, [.planFileInvalid(path, error)])
    }
  }

  package static func encode(_ saved: SavedPlan) -> [UInt8] {
    let body = saved.plan.json
    let spec: JSON = ["file": .string(saved.specFile), "text": .string(saved.specText)]
    let file: JSON = [
      "format": .string(format), "digest": .string(saved.plan.digest), "checksum": .string(checksum([body, spec])),
      "plan": body, "spec": spec,
    ]
    return file.utf8(pretty: true) + Array("\n".utf8)
  }

  package static func decode(_ bytes: [UInt8]) throws(PlanFileError) -> SavedPlan {
    let file: JSON
    do throws(JSONError) {
      file = try JSON(parsing: bytes)
    } catch {
      throw .malformed("\(error)")
    }
    // The format first: another version may look quite different.
    guard let found = file["format"]?.string else { throw .foreign }
    guard found == format else { throw .otherFormat(found) }
    var fields = try PlanFields(file, at: "")
    _ = try fields.text("format")
    let digest = try fields.text("digest")
    let sum = try fields.text("checksum")
    let body = try fields.json("plan")
    let spec = try fields.json("spec")
    try fields.mustBeEmpty()
    guard checksum([body, spec]) == sum else { throw .edited }
    let plan = try plan(from: body)
    guard plan.digest == digest else { throw .edited }
    var source = try PlanFields(spec, at: "spec")
    let saved = SavedPlan(plan: plan, specFile: try source.text("file"), specText: try source.text("text"))
    try source.mustBeEmpty()
    return saved
  }

  /// The plan alone, without a look at digest and checksum: for those who test the reader.
  package static func plan(from body: JSON) throws(PlanFileError) -> Plan {
    try Plan(planFile: body)
  }

  /// Over the text with sorted keys, so that only what it says counts.
  private static func checksum(_ body: JSON) -> String {
    Digest.hex(Digest.sha256(body.utf8(pretty: false, keys: .sorted)))
  }
}

/// What is wrong with a plan file.
package enum PlanFileError: Error, Sendable, Hashable {
  /// No JSON, or JSON that ends too early.
  case malformed(String)
  /// JSON, and no plan.
  case foreign
  case otherFormat(String)
  /// It says something else than when it was written.
  case edited
  case missing(String)
  case unexpected(String)
}

extension Diagnostic {
  private static let planAgain = "make a new one with `harecon plan -out FILE`"

  static func planFileUnreadable(_ error: FileError) -> Diagnostic {
    Diagnostic(.error, rule: "plan-file.unreadable", "cannot read the plan \(error)", hint: planAgain)
  }

  static func planFileInvalid(_ path: String, _ error: PlanFileError) -> Diagnostic {
    let (rule, message) =
      switch error {
      case .malformed(let why): ("malformed", "is truncated or damaged (\(why))")
      case .foreign: ("foreign", "is not a plan")
      case .otherFormat(let format):
        ("format", "has the format \"\(format)\"; this harecon reads \"\(PlanFile.format)\"")
      case .edited: ("edited", "was changed after it was written: its digest does not match what it says")
      case .missing(let place): ("damaged", "lacks \"\(place)\", or has something else there")
      case .unexpected(let place): ("damaged", "has \"\(place)\", which no plan has")
      }
    return Diagnostic(.error, rule: "plan-file.\(rule)", "the plan \"\(path)\" \(message)", hint: planAgain)
  }
}
