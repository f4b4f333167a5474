// SPDX-License-Identifier: Apache-2.0

/// CI workflows for a new spec: a plan for each pull request, an apply on main, and the reconcile loop.
///
/// Each runs in a role of its own by OIDC; no static key is anywhere.
enum Workflows {
  static func files(spec: String, region: String) -> [(path: String, text: String)] {
    [
      (".github/workflows/harecon-plan.yml", plan(spec, region)),
      (".github/workflows/harecon-apply.yml", apply(spec, region)),
      (".github/workflows/harecon-reconcile.yml", reconcile(spec, region)),
    ]
  }

  /// The step that every job needs before its first command of harecon.
  private static let install = """
          # Puts harecon on PATH. It comes from where you keep your build of it (`make build`, for Linux): set the repository's
          # variable HARECON_URL to that place and HARECON_SHA256 to the file's checksum. Change the step as you like.
          - name: install harecon
            env: {URL: "${{ vars.HARECON_URL }}", SHA256: "${{ vars.HARECON_SHA256 }}"}
            run: |
              mkdir -p "$RUNNER_TEMP/bin"
              curl --fail --silent --show-error --location --output "$RUNNER_TEMP/bin/harecon" "$URL"
              echo "$SHA256  $RUNNER_TEMP/bin/harecon" | sha256sum --check
              chmod +x "$RUNNER_TEMP/bin/harecon"
              echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
    """

  private static func plan(_ spec: String, _ region: String) -> String {
    """
    # Shows what a change of the spec would do, in a role that can only read.
    name: harecon plan
    on:
      pull_request:
        paths: ["\(spec)"]
    permissions: {contents: read, id-token: write}
    # By name, bash runs with pipefail: a command that fails ahead of a pipe fails the job.
    defaults: {run: {shell: bash}}
    jobs:
      plan:
        runs-on: ubuntu-latest
        steps:
          - uses: actions/checkout@v4
          - uses: aws-actions/configure-aws-credentials@v4
            with: {role-to-assume: "${{ vars.HARECON_PLAN_ROLE }}", aws-region: \(region)}
    \(install)
          - run: harecon validate -f \(spec)
          - run: harecon plan -f \(spec) -out stack.plan | tee -a "$GITHUB_STEP_SUMMARY"
          - uses: actions/upload-artifact@v4
            with: {name: plan, path: stack.plan}

    """
  }

  private static func apply(_ spec: String, _ region: String) -> String {
    """
    # Carries out the spec of the main branch, once a person has approved it in the environment "production".
    name: harecon apply
    on:
      push:
        branches: [main]
        paths: ["\(spec)"]
    permissions: {contents: read, id-token: write}
    # By name, bash runs with pipefail: a command that fails ahead of a pipe fails the job.
    defaults: {run: {shell: bash}}
    concurrency: harecon-\(spec)
    jobs:
      apply:
        runs-on: ubuntu-latest
        environment: production
        steps:
          - uses: actions/checkout@v4
          - uses: aws-actions/configure-aws-credentials@v4
            with: {role-to-assume: "${{ vars.HARECON_APPLY_ROLE }}", aws-region: \(region)}
    \(install)
          - run: harecon apply -f \(spec) -auto-approve

    """
  }

  private static func reconcile(_ spec: String, _ region: String) -> String {
    """
    # Looks for drift, in a role that can only read. Exit 2 means that there is some. To mend what nobody notices, change the
    # mode to repair-safe and the role to HARECON_APPLY_ROLE.
    name: harecon reconcile
    on:
      schedule: [{cron: "*/15 * * * *"}]
      workflow_dispatch: {}
    permissions: {contents: read, id-token: write}
    # By name, bash runs with pipefail: a command that fails ahead of a pipe fails the job.
    defaults: {run: {shell: bash}}
    concurrency: harecon-\(spec)
    jobs:
      reconcile:
        runs-on: ubuntu-latest
        steps:
          - uses: actions/checkout@v4
          - uses: aws-actions/configure-aws-credentials@v4
            with: {role-to-assume: "${{ vars.HARECON_PLAN_ROLE }}", aws-region: \(region)}
    \(install)
          - run: harecon reconcile -f \(spec) -mode observe

    """
  }
}
