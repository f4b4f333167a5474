# SPDX-License-Identifier: Apache-2.0
"""What the functions of a stack share. It is packed into the archive of each of them."""
