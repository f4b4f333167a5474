// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Spec

/// How long a failover takes at most, term by term, and what notices that one is needed.
struct FailoverView {
  let sum: FailoverSum
  let objectives: Objectives

  init(_ stack: Stack) {
    sum = FailoverSum(stack)
    objectives = stack.objectives
  }

  /// `failover: detection 15s + decision 15s + … = 2m, within 2m`, and a line for each number; ends with a line break.
  var text: String {
    let terms = sum.terms.map { "\($0.name) \($0.duration.secondsText)" }.joined(separator: " + ")
    let head = "failover: \(terms) = \(sum.total.secondsText), within \(objectives.failoverWithin.specText)\n"
    let detection = "detection: each of these by itself, within \(objectives.detectWithin.specText)\n"
    return head + lines(sum.terms) + detection + lines(sum.detectors)
  }

  private func lines(_ terms: [FailoverSum.Term]) -> String {
    let names = terms.map(\.name.count).max() ?? 0
    let durations = terms.map(\.duration.secondsText.count).max() ?? 0
    return terms.map { term in
      let duration = term.duration.secondsText
      let why = [term.formula, term.source].compactMap(\.self).joined(separator: "; ")
      return "  \(term.name.padded(to: names))  \(String(repeating: " ", count: durations - duration.count))\(duration)"
        + "  \(why)\n"
    }.joined()
  }

  var json: JSONObject {
    [
      "seconds": seconds(sum.total), "within": seconds(objectives.failoverWithin),
      "terms": .array(sum.terms.map(object)),
      "detectWithin": seconds(objectives.detectWithin), "detectors": .array(sum.detectors.map(object)),
    ]
  }

  private func object(_ term: FailoverSum.Term) -> JSON {
    var object: JSONObject = [
      "name": .string(term.name), "seconds": seconds(term.duration), "source": .string(term.source),
    ]
    object["formula"] = term.formula.map(JSON.string)
    return .object(object)
  }

  private func seconds(_ duration: Duration) -> JSON {
    duration == .seconds(duration.wholeSeconds) ? .int(duration.wholeSeconds) : .double(duration.inSeconds)
  }
}
