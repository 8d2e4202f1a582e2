"""What an applicant may read and do: the own profile, papers and applications."""
