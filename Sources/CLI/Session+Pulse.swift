// SPDX-License-Identifier: Apache-2.0

internal import AWSAPICloudWatch
internal import AWSClient
internal import Core
internal import Engine
internal import Spec

// aws: cloudwatch PutMetricData

extension Session {
  /// Tells CloudWatch that the loop is alive, for the alarm that rises when it is not.
  ///
  /// Only for a spec that asks for that alarm, and only of a pass that could decide something: one that could not see the stack does
  /// not watch over it. That it could not be told is a warning and does not fail the pass.
  func record(_ pass: Pass, in context: Context) async {
    guard stack.alerts.reconciledWithin != nil, let plan = pass.plan else { return }
    let namespace = Names(stack).metricNamespace
    let drift = pass.verdict == nil ? plan.changes.filter { $0.action != .noOp }.count : pass.held.count
    let data = [
      CloudWatch.MetricDatum(metricName: "ReconcilePass", value: 1, unit: "Count"),
      CloudWatch.MetricDatum(metricName: "ReconcileDrift", value: Double(drift), unit: "Count"),
    ]
    do throws(CallError) {
      _ = try await aws(CloudWatch.putMetricData, .init(namespace: namespace, metricData: data))
    } catch {
      context.tell([
        Diagnostic(
          .warning, rule: "reconcile.pulse",
          "the pass could not be recorded in CloudWatch: \(error.code): \(error.message)",
          hint: "allow cloudwatch:PutMetricData for the namespace \"\(namespace)\", or its alarm will rise")
      ])
    }
  }
}
