"""Settings of nbgrader. Its commands are run in this folder: ``nbgrader generate_assignment ps1``, and so on."""

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.course_id = "deep-learning-from-zero"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "assignments"
# submitted/, autograded/, feedback/ and gradebook.db keep nbgrader's names; git ignores them: they belong to a class.

c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("Replace this line by your code.")'}
c.ClearSolutions.text_stub = "*Replace this line by your answer.*"

# The notebooks run in a sandbox, and the tests where the submission cannot reach them (course_pkg/grading). Without
# these lines, down to the timeout, nbgrader runs them itself, with the rights of whoever calls it.
c.Autograde.autograde_preprocessors = [
    "course_pkg.grading.execute.SandboxedExecute",  # in the place of nbgrader's Execute
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.SandboxedExecute.timeout = 120  # seconds a cell; the other limits: nbgrader autograde --help-all

# Feedback has the message of the check that failed, none of the hidden tests' code, and no HTML of a student's own.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "course_pkg.grading.feedback.HideTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.GenerateFeedback.exporter_class = "course_pkg.grading.feedback.CleanHTML"
c.HTMLExporter.sanitize_html = True
