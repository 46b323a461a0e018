"""Settings of nbgrader. Its commands are run in this folder: ``nbgrader generate_assignment ps1``, and so on."""

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.course_id = "deep-learning-from-zero"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "assignments"
# submitted/, autograded/, feedback/ and gradebook.db keep nbgrader's names; git ignores them: they belong to a class.

c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("Replace this line by your code.")'}
c.ClearSolutions.text_stub = "*Replace this line by your answer.*"

c.Execute.timeout = 120  # seconds a cell
c.Execute.shutdown_kernel = "immediate"  # saves about a second a submission
c.Execute.extra_arguments = ["--log-level=ERROR"]  # no warning about local connections for each kernel
