"""What leaves: tables as CSV, runs, charts, a summary in words and the manifest of it all."""

from policy_lab.out.folder import check_folder, export

__all__ = ["check_folder", "export"]
