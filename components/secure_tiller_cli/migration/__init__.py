"""Moving the records of a team's releases: from an old Tiller to the team's own, and from Tiller to Helm 3."""
