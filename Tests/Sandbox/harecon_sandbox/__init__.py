# SPDX-License-Identifier: Apache-2.0
"""An AWS-compatible server on loopback: moto in process, made stricter, slower to settle and easier to break."""
